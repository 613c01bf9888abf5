import type { Theme } from 'vitepress';
import DefaultTheme from 'vitepress/theme-without-fonts';
import { h } from 'vue';
import { Diagram } from './diagram.js';
import { Screens } from './screens.js';
import './style.css';

const theme: Theme = {
  extends: DefaultTheme,
  Layout: () => h(DefaultTheme.Layout, null, { 'home-hero-image': () => h(Screens) }),
  enhanceApp: ({ app }) => {
    app.component('Diagram', Diagram);
  },
};

export default theme;
