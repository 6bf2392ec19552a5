// Usage: node build.mjs OUTPUT_FOLDER
// Bundles the entry points of src/, makes the icon sprite and collects the licences of what went in.
import { existsSync, mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { constants, brotliCompressSync, gzipSync } from 'node:zlib';
import { build } from 'esbuild';
import { PurgeCSS } from 'purgecss';

const output = process.argv[2];
if (!output) throw new Error('usage: node build.mjs OUTPUT_FOLDER');
rmSync(output, { recursive: true, force: true });
mkdirSync(output, { recursive: true });

const STUDIO = ['bpmn', 'dmn', 'form', 'text', 'compare', 'play'].map((name) => `src/studio-${name}.js`);
const STYLES = ['app', 'studio', 'studio-bpmn', 'studio-dmn', 'studio-form'].map((name) => `src/${name}.css`);

// The editors write inline styles into markup and put style elements into the page; the pages' policy allows neither.
// `data-style`, which a script applies (src/studio/styles.js), and constructed sheets say the same and are allowed.
const strict = {
  name: 'strict-policy',
  setup({ onLoad }) {
    onLoad({ filter: /node_modules[\\/](bpmn-js|camunda-|dmn-js|diagram-js|table-js|@bpmn-io).*\.js$/ }, ({ path }) => {
      const written = readFileSync(path, 'utf8');
      if (/powered-by/i.test(written)) return undefined; // the watermark's code is not to be changed (NOTICE)
      const allowed = written
        .replaceAll(/(?<![\w-])style="/g, 'data-style="')
        .replaceAll('Token Simulation <span', '<span class="df-tokens"></span> <span'); // named by style/studio.css
      return allowed === written ? undefined : { contents: allowed };
    });
    onLoad({ filter: /style-mod[\\/]src[\\/]style-mod\.js$/ }, ({ path }) => ({
      contents: readFileSync(path, 'utf8').replace('!root.head && root.adoptedStyleSheets', 'root.adoptedStyleSheets'),
    }));
  },
};

// Of Tabler's sheet, eight times as large as all we use of it, only rules whose words stand somewhere in what writes
// markup: templates, pages' Python, scripts (ours, and Bootstrap's two, which set classes). Tags count as used: text of
// the help and of documentation is drawn from Markdown. COMPOSED names are put together while a page is written.
const COMPOSED = [/^alert-(success|info|warning|danger)$/, /^btn-(primary|danger)$/, /^col-lg-\d+$/];
const WRITERS = ['../templates/**/*.html', '../*.py', '../!(frontend|static)/**/*.py', 'src/**/*.js'];
const TAGS = 'a abbr address article aside audio b blockquote body br button canvas caption cite code col colgroup dd del details dfn dialog div dl dt em fieldset figcaption figure footer form h1 h2 h3 h4 h5 h6 header hr html i iframe img input ins kbd label legend li main mark menu meter nav object ol optgroup option output p picture pre progress q s samp section select small source span strong sub summary sup svg table tbody td template textarea tfoot th thead time tr u ul use var video';
const used = {
  name: 'used-of-tabler',
  setup({ onLoad }) {
    onLoad({ filter: /tabler\.min\.css$/ }, async ({ path }) => {
      const bootstrap = ['collapse', 'dropdown'].map((name) => `node_modules/bootstrap/js/src/${name}.js`);
      const [{ css }] = await new PurgeCSS().purge({
        content: [...WRITERS, ...bootstrap, { raw: TAGS, extension: 'html' }],
        css: [{ raw: readFileSync(path, 'utf8') }],
        safelist: COMPOSED,
        keyframes: true,
        dynamicAttributes: ['data-bs-popper'], // Bootstrap puts its name together: menus stand by it
      });
      return { contents: css, loader: 'css' };
    });
  },
};

const { metafile } = await build({
  entryPoints: ['src/app.js', 'src/viewer.js', 'src/form.js', 'src/board.js', 'src/chart.js', ...STUDIO, ...STYLES],
  outdir: output,
  bundle: true,
  minify: true,
  format: 'iife',
  target: ['es2022'],
  charset: 'utf8',
  legalComments: 'none', // the whole licence texts are in THIRD_PARTY_LICENSES.txt
  metafile: true,
  alias: { 'bpmn-js-element-templates': './src/studio/no-templates.js' },
  plugins: [strict, used],
  assetNames: 'assets/[name]-[hash]',
  loader: { '.woff': 'file', '.woff2': 'file', '.ttf': 'file', '.eot': 'file', '.svg': 'file', '.png': 'file' },
  logLevel: 'warning',
});
writeFileSync(join(output, 'icons.svg'), sprite());
writeFileSync(join(output, 'THIRD_PARTY_LICENSES.txt'), licences(Object.keys(metafile.inputs)));
for (const entry of readdirSync(output, { recursive: true })) if (/\.(css|js|svg)$/.test(entry)) pack(join(output, entry));

// Beside each file the same one packed: the server hands out what the browser can unpack (web/packed.py).
function pack(path) {
  const whole = readFileSync(path);
  writeFileSync(`${path}.gz`, gzipSync(whole, { level: 9 }));
  writeFileSync(`${path}.br`, brotliCompressSync(whole, { params: { [constants.BROTLI_PARAM_QUALITY]: 9 } }));
}

function sprite() {
  const names = readFileSync('src/icons.txt', 'utf8').split('\n').map((line) => line.trim()).filter((line) => line && !line.startsWith('#'));
  return `<svg xmlns="http://www.w3.org/2000/svg">\n${names.map(symbol).join('\n')}\n</svg>\n`;
}

function symbol(name) {
  const filled = name.startsWith('filled/');
  const path = `node_modules/@tabler/icons/icons/${filled ? name : `outline/${name}`}.svg`;
  if (!existsSync(path)) throw new Error(`src/icons.txt: there is no icon "${name}"`);
  const drawing = readFileSync(path, 'utf8').replace(/<!--[\s\S]*?-->/g, '').match(/<svg[^>]*>([\s\S]*)<\/svg>/)[1];
  const look = filled
    ? 'fill="currentColor"'
    : 'fill="none" stroke="currentColor" stroke-width="2" stroke-linecap="round" stroke-linejoin="round"';
  return `<symbol id="${name.replace('filled/', 'filled-')}" viewBox="0 0 24 24" ${look}>${drawing.replace(/\s*\n\s*/g, '')}</symbol>`;
}

function licences(inputs) {
  const packages = new Set(['node_modules/@tabler/icons']);
  for (const input of inputs) {
    const found = input.match(/^(?:.*\/)?node_modules\/(?:@[^/]+\/)?[^/]+/);
    if (found) packages.add(found[0]);
  }
  return [...packages].sort().map(licence).join(`\n${'='.repeat(100)}\n\n`);
}

function licence(folder) {
  const { name, version, license } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
  const file = readdirSync(folder).find((entry) => /^licen[cs]e/i.test(entry));
  const notice = existsSync(join(folder, 'NOTICE')) ? `\n\n${readFileSync(join(folder, 'NOTICE'), 'utf8').trim()}` : '';
  const words = file ? readFileSync(join(folder, file), 'utf8').trim() : `Licence: ${license}`;
  return `${name} ${version}\n\n${words}${notice}\n`;
}
