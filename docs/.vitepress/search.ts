import type { DefaultTheme } from 'vitepress';

/** What the search knows of a page: all but the API, which would bury the rest, and has a sidebar of its own. */
export const toBeFound: NonNullable<DefaultTheme.LocalSearchOptions['_render']> = (source, env, markdown) =>
  env.relativePath.startsWith('api/') ? '' : markdown.render(source, env);
