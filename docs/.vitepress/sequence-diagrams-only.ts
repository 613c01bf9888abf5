import type { UserConfig } from 'vitepress';

type VitePlugin = Extract<NonNullable<NonNullable<UserConfig['vite']>['plugins']>[number], { readonly name: string }>;

const OTHER_DIAGRAM = /^\.\/chunks\/mermaid\.core\/(?!chunk-|sequenceDiagram-)/;
const OTHERS_NEED = /^(?:cytoscape|cytoscape-.*|katex|@mermaid-js\/parser)$/;
const NOTHING = '\0no-such-diagram';

/** Leaves out of Mermaid what draws other diagrams: two megabytes that no page asks for. */
export function sequenceDiagramsOnly(): VitePlugin {
  return {
    name: 'sequence-diagrams-only',
    enforce: 'pre',
    resolveId: (source) => (OTHER_DIAGRAM.test(source) || OTHERS_NEED.test(source) ? NOTHING : undefined),
    load: (id) => (id === NOTHING ? 'export default {}; export const diagram = {}; export const parse = () => {};' : undefined),
  };
}
