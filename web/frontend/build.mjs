// Usage: node build.mjs OUTPUT_FOLDER
import { rmSync } from 'node:fs';
import { build } from 'esbuild';

const output = process.argv[2];
rmSync(output, { recursive: true, force: true });

await build({
  entryPoints: ['src/app.js', 'src/viewer.js', 'src/form.js', 'src/app.css'],
  outdir: output,
  bundle: true,
  minify: true,
  sourcemap: false,
  format: 'iife',
  target: ['es2022'],
  charset: 'utf8',
  legalComments: 'linked',
  assetNames: 'assets/[name]-[hash]',
  loader: { '.woff': 'file', '.woff2': 'file', '.ttf': 'file', '.eot': 'file', '.svg': 'file', '.png': 'file' },
  logLevel: 'warning',
});
