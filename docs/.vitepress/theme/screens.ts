import { h, type FunctionalComponent } from 'vue';
import code from '../../pictures/code.png';
import signIn from '../../pictures/sign-in.png';

/** The picture of the home page: two screens of the example, as its browser tests have taken them. */
export const Screens: FunctionalComponent = () =>
  h('div', { class: 'screens' }, [
    h('img', { src: signIn, alt: 'Sign-in page of the example', width: 360, height: 823 }),
    h('img', { src: code, alt: 'The example asks for a code', width: 360, height: 823 }),
  ]);
