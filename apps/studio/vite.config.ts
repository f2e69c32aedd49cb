import { defineConfig } from 'vite';

export default defineConfig({
  // A static copy may stand in any folder of a server.
  base: './',
  resolve: { conditions: ['@ninefold/source', 'module', 'browser', 'import', 'default'] },
  oxc: { jsx: { runtime: 'automatic', importSource: 'preact' } },
  worker: { format: 'es' },
  build: {
    outDir: 'dist/page',
    target: 'es2022',
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    chunkSizeWarningLimit: 2000,
  },
});
