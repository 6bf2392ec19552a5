// The diagram editor of the studio.
import { element, mountEvery } from './elements.js';
import { read } from './server.js';
import { Draft, readText } from './studio/draft.js';
import { listFaults } from './studio/faults.js';
import { newModeler } from './studio/modeler.js';
import { sayInChinese } from './studio/said.js';
import { tokensChinese, tokensCounted } from './studio/chinese/tokens.js';
import { missing } from './studio/translation.js';
import { say } from './studio/words.js';
import { drawUnseen, fit } from './viewer/opening.js';

async function mount(place) {
  const canvas = element('div', { class: 'df-studio-canvas' });
  const panel = element('aside', { class: 'df-studio-properties', 'aria-label': say('properties') });
  place.replaceChildren(canvas, panel);
  try {
    const begun = performance.now();
    const asked = read(place.dataset.choicesUrl, 'json');
    const choices = {};
    const { modeler, showPanel } = newModeler(canvas, panel, choices);
    const xml = await readText(place);
    const draft = new Draft(place, {
      text: async () => (await modeler.saveXML({ format: true })).xml,
      checked: (faults) => paint(modeler, place, faults),
    });
    const drawing = performance.now();
    await drawUnseen(modeler, xml, () => fitAll(modeler));
    place.dataset.milliseconds = String(Math.round(performance.now() - drawing));
    place.dataset.all = String(Math.round(performance.now() - begun));
    tools(modeler, draft);
    for (const entry of canvas.querySelectorAll('.djs-palette .entry[aria-label]')) entry.title = entry.ariaLabel; // told on hovering, too
    modeler.on('commandStack.changed', () => draft.changed());
    walkTokens(modeler, canvas);
    if (draft.readonly) modeler.get('eventBus').fire('tokenSimulation.toggleMode', { active: false });
    place.modeler = modeler; // for tests and for the console
    place.draft = draft;
    place.missing = missing;
    place.dataset.ready = 'true';
    await nextFrame();
    Object.assign(choices, await asked);
    showPanel();
    await draft.check();
  } catch (error) {
    place.replaceChildren(element('p', { class: 'alert alert-danger' }, say('broken', { reason: error.message })));
    place.dataset.ready = 'failed';
    throw error;
  }
}

/** Once the frame that is being made stands on the screen. */
const nextFrame = () => new Promise((go) => requestAnimationFrame(() => setTimeout(go)));

/** The whole diagram beside the palette, which covers the left of the canvas. */
const fitAll = (modeler) => fit(modeler, 20, modeler.get('canvas').getSize().width > 600 ? 110 : 0);

/** An element in the midst of the canvas, large enough to be read. */
function nearer(modeler, shape) {
  const canvas = modeler.get('canvas');
  const point = shape.waypoints?.[0] ?? shape;
  canvas.zoom(Math.max(canvas.zoom(), 0.8), { x: 0, y: 0 });
  const { width, height } = canvas.viewbox();
  canvas.viewbox({ x: point.x + (shape.width ?? 0) / 2 - width / 2, y: point.y + (shape.height ?? 0) / 2 - height / 2, width, height });
}

/** Once tokens are to be walked: where they begin is near enough for its button (which a small picture leaves out), and
    the simulation speaks the page's language. */
function walkTokens(modeler, canvas) {
  let said = false;
  modeler.on('tokenSimulation.toggleMode', 100, ({ active }) => {
    if (!active) return;
    const begins = modeler.get('elementRegistry').find((one) => one.type === 'bpmn:StartEvent' && !/SubProcess$/.test(one.parent?.type));
    if (begins) nearer(modeler, begins);
    if (!said) sayInChinese(canvas, { words: tokensChinese, counted: tokensCounted, placed: {} }, 'svg, .djs-palette, .djs-direct-editing-parent');
    said = true;
  });
}

const ON_A_DESK = ' d-none d-md-inline-flex'; // a phone reads

function tools(modeler, draft) {
  const bar = document.querySelector('[data-studio-tools]');
  const stack = modeler.get('commandStack');
  const button = (words, key, run, more = '') => element('button', { type: 'button', class: `btn${more}`, title: key, onclick: run }, words);
  const undo = button(say('undo'), 'Ctrl+Z', () => stack.undo(), ON_A_DESK);
  const redo = button(say('redo'), 'Ctrl+Y', () => stack.redo(), ON_A_DESK);
  const whole = button(say('fit'), '', () => fitAll(modeler));
  const [nearerBy, fartherBy] = [['＋', 'zoomIn', 1], ['－', 'zoomOut', -1]].map(([sign, words, step]) => {
    const one = button(sign, say(words), () => modeler.get('zoomScroll').stepZoom(step), ON_A_DESK);
    one.setAttribute('aria-label', say(words));
    return one;
  });
  const find = button(say('find'), 'Ctrl+F', () => setTimeout(() => modeler.get('searchPad').toggle()));
  modeler.on('searchPad.selected', (found) => setTimeout(() => nearer(modeler, modeler.get('elementRegistry').get(found.id))));
  const enable = () => {
    undo.disabled = !stack.canUndo();
    redo.disabled = !stack.canRedo();
  };
  modeler.on('commandStack.changed', enable);
  enable();
  bar.prepend(...(draft.readonly ? [find, nearerBy, fartherBy, whole] : [undo, redo, find, nearerBy, fartherBy, whole]));
}

const painted = new WeakMap(); // modeler -> [[element id, class]]

/** Faults painted on their elements and listed below. What bears no mark is not touched: bpmn-js prepares the bend
    points of each connection whose marks are asked about, of 300 at once they cost more than the page had to spare. */
function paint(modeler, place, faults) {
  const [canvas, registry, overlays] = ['canvas', 'elementRegistry', 'overlays'].map((name) => modeler.get(name));
  overlays.remove({ type: 'df-fault' });
  for (const [id, mark] of painted.get(modeler) ?? []) if (registry.get(id)) canvas.removeMarker(id, mark);
  const marks = [];
  painted.set(modeler, marks);
  const own = faults.filter((fault) => !fault.file || fault.file === place.dataset.name);
  for (const fault of own) {
    const shape = fault.element && registry.get(fault.element);
    if (!shape || !shape.parent) continue;
    const mark = fault.severity === 'error' ? 'df-fault' : 'df-hint';
    canvas.addMarker(shape, mark);
    marks.push([shape.id, mark]);
    if (fault.severity === 'error' && !shape.waypoints) {
      const words = element('span', { class: 'df-wait df-wait-fault', title: fault.text }, '!');
      overlays.add(shape, 'df-fault', { position: { top: -10, left: -6 }, html: words });
    }
  }
  listFaults(faults, place.dataset.name, (fault) => {
    const shape = registry.get(fault.element);
    if (!shape) return;
    modeler.get('selection').select(shape);
    nearer(modeler, shape);
  });
}

// Not inside the script's own run: when a browser is asked who began a request (its developers' tools ask, and whoever
// drives it for a test) it reads every function on the stack anew, and that one would be three megabytes.
mountEvery('[data-studio="diagram"]', (place) => queueMicrotask(() => mount(place)));
