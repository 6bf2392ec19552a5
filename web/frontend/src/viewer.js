// Diagrams with "you are here". What it reads from the markup: README.md, "Diagram".
import NavigatedViewer from 'bpmn-js/lib/NavigatedViewer';
import { element, mountEvery } from './elements.js';
import { read } from './server.js';
import { text } from './texts.js';
import { coloursOf } from './viewer/colours.js';
import { nameBeforeDrawing } from './viewer/labels.js';
import { hereIn, herePlace, showState } from './viewer/state.js';
import { addControls } from './viewer/controls.js';
import { drawUnseen } from './viewer/opening.js';
import { letMove } from './viewer/moving.js';
import { printWhole } from './viewer/printing.js';

async function mount(place) {
  const canvas = element('div', { class: 'df-canvas', 'aria-label': text('diagram') });
  const message = element('p', { class: 'df-viewer-message', role: 'status', hidden: true });
  place.replaceChildren(canvas, message);
  const say = (words) => {
    message.textContent = words ?? '';
    message.hidden = !words;
  };
  try {
    const [xml, state] = await Promise.all([read(place.dataset.xmlUrl, 'text'), readState(place, say)]);
    // By name: the labels are measured on a canvas, which does not know what "inherit" means.
    const { fontFamily } = getComputedStyle(place);
    const viewer = new NavigatedViewer({ container: canvas, textRenderer: { defaultStyle: { fontFamily } }, ...coloursOf(place, xml) });
    if (state.names) nameBeforeDrawing(viewer, state.names, fontFamily);
    let now = state;
    const { focus } = place.dataset;
    await drawUnseen(viewer, xml, () => {
      showState(viewer, now, focus);
      addControls(place, viewer, () => herePlace(viewer, now, focus));
    });
    makeClickable(place, viewer);
    printWhole(place, viewer);
    letMove(place, viewer, () => hereIn(viewer, now, focus));
    keepFresh(place, viewer, say, (newest) => showState(viewer, (now = newest), focus));
    place.dataset.ready = 'true';
  } catch (error) {
    say(error.status ? text('diagramMissing') : undrawn(error) ? text('diagramUndrawn') : text('diagramBroken', { reason: error.message }));
    place.dataset.ready = 'failed';
  }
}

/** The model runs, and nobody has drawn it. */
const undrawn = (error) => /no (diagram|process or collaboration) to display/.test(error.message);

async function readState(place, say) {
  if (place.dataset.state) return JSON.parse(document.getElementById(place.dataset.state).textContent);
  if (!place.dataset.stateUrl) return {};
  try {
    const state = await read(place.dataset.stateUrl, 'json');
    say(null);
    return state;
  } catch {
    say(text('stateMissing')); // the picture alone is still of use
    return {};
  }
}

function makeClickable(place, viewer) {
  viewer.on('element.click', ({ element: clicked }) => {
    const { id, $type: type, name = '' } = clicked.businessObject;
    const root = clicked === viewer.get('canvas').getRootElement();
    if (root) return;
    place.dispatchEvent(new CustomEvent('dealflow:element', { bubbles: true, detail: { id, type, name } }));
    if (place.dataset.elementUrl) location.assign(place.dataset.elementUrl.replaceAll('{id}', encodeURIComponent(id)));
  });
}

function keepFresh(place, viewer, say, show) {
  const seconds = Number(place.dataset.refresh);
  if (!place.dataset.stateUrl || !(seconds > 0)) return;
  const timer = setInterval(async () => {
    if (!place.isConnected) {
      clearInterval(timer);
      viewer.destroy();
    } else if (document.visibilityState === 'visible') {
      const state = await readState(place, say);
      if (Object.keys(state).length) show(state);
    }
  }, seconds * 1000);
}

/** In a part that is closed there is nothing to fit a picture into: it is drawn when that is opened. */
function mountWhenSeen(place) {
  const closed = place.closest('details:not([open])');
  if (!closed) return mount(place);
  place.dataset.ready = 'folded';
  closed.addEventListener('toggle', () => {
    delete place.dataset.ready;
    mount(place);
  }, { once: true });
}

mountEvery('[data-bpmn-viewer]', mountWhenSeen);
