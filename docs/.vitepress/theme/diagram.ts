import type { MermaidConfig } from 'mermaid';
import { useData } from 'vitepress';
import { defineComponent, h, onMounted, ref, watch } from 'vue';

const LIGHT = { text: '#3c3c43', line: '#67676c', box: '#eef2f7', edge: '#c2cbd6', note: '#f6f6f7', page: '#ffffff' };
const DARK = { text: '#dfdfd6', line: '#98989f', box: '#2b3440', edge: '#47525f', note: '#202127', page: '#1b1b1f' };

/** The site's own colours, and columns that are narrow enough for its text to be read. */
function settings(isDark: boolean): MermaidConfig {
  const { text, line, box, edge, note, page } = isDark ? DARK : LIGHT;
  return {
    startOnLoad: false,
    securityLevel: 'strict',
    theme: 'base',
    fontFamily: 'ui-sans-serif, system-ui, sans-serif',
    themeVariables: {
      darkMode: isDark,
      background: page,
      primaryColor: box,
      primaryTextColor: text,
      primaryBorderColor: edge,
      lineColor: line,
      textColor: text,
      actorLineColor: edge,
      signalColor: line,
      signalTextColor: text,
      noteBkgColor: note,
      noteTextColor: text,
      noteBorderColor: edge,
      labelBoxBkgColor: box,
      labelBoxBorderColor: edge,
      labelTextColor: text,
      loopTextColor: text,
    },
    sequence: {
      useMaxWidth: true,
      mirrorActors: false,
      wrap: true,
      width: 130,
      actorMargin: 44,
      messageMargin: 26,
      noteMargin: 8,
    },
  };
}

/** A Mermaid diagram: its text until it is drawn, and where it cannot be. */
export const Diagram = defineComponent({
  name: 'Diagram',
  props: { id: { type: String, required: true }, source: { type: String, required: true } },
  setup(props) {
    const { isDark } = useData();
    const text = decodeURIComponent(props.source);
    const picture = ref('');
    const draw = async (): Promise<void> => {
      const { default: mermaid } = await import('mermaid');
      mermaid.initialize(settings(isDark.value));
      picture.value = (await mermaid.render(props.id, text)).svg;
    };
    onMounted(draw);
    watch(isDark, draw);
    return () =>
      picture.value === ''
        ? h('pre', { class: 'diagram' }, text)
        : h('div', { class: 'diagram', tabindex: 0, innerHTML: picture.value });
  },
});
