import { useData } from 'vitepress';
import { defineComponent, h, onMounted, ref, watch } from 'vue';

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
      mermaid.initialize({
        startOnLoad: false,
        securityLevel: 'strict',
        theme: isDark.value ? 'dark' : 'neutral',
        fontFamily: 'inherit',
        sequence: { useMaxWidth: true, mirrorActors: false, wrap: false },
      });
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
