import { fileURLToPath } from 'node:url';
import { defaultClientConditions, defineConfig } from 'vite';

/** The web app: every script and style is a file of its own, so that the server may forbid all others. */
export default defineConfig({
  root: fileURLToPath(new URL('web', import.meta.url)),
  resolve: { conditions: ['@parse-factors/source', ...defaultClientConditions] },
  define: { 'process.env.NODE_ENV': JSON.stringify('production') },
  build: {
    outDir: fileURLToPath(new URL('dist/web', import.meta.url)),
    emptyOutDir: true,
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    chunkSizeWarningLimit: 1500, // the Parse SDK
  },
});
