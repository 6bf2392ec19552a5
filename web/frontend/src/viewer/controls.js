// Buttons and keys to look around in a diagram.
import { element } from '../elements.js';
import { text } from '../texts.js';

const PADDING = 30;
const STEP = 1.25;

export function addControls(place, viewer) {
  const canvas = viewer.get('canvas');
  const fit = () => {
    canvas.resized();
    canvas.zoom('fit-viewport', 'auto');
    breathe(canvas);
  };
  const zoom = (factor) => canvas.zoom(canvas.zoom() * factor);
  const actions = { '+': () => zoom(STEP), '=': () => zoom(STEP), '-': () => zoom(1 / STEP), 0: fit };

  const button = (sign, label, run) =>
    element('button', { type: 'button', class: 'btn btn-icon btn-sm', title: label, 'aria-label': label, onclick: run }, sign);
  place.append(
    element(
      'div',
      { class: 'df-viewer-controls btn-group-vertical', role: 'group', 'aria-label': text('diagram') },
      button('+', text('zoomIn'), actions['+']),
      button('−', text('zoomOut'), actions['-']),
      button('⤢', text('zoomFit'), fit),
    ),
  );
  place.addEventListener('keydown', (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || !actions[event.key]) return;
    actions[event.key]();
    event.preventDefault();
    event.stopPropagation();
  });

  if (place.dataset.focus && viewer.get('elementRegistry').get(place.dataset.focus)) {
    canvas.zoom(1);
    centre(canvas, viewer.get('elementRegistry').get(place.dataset.focus));
  } else {
    fit();
    refitUntilMoved(place, viewer, fit);
  }
}

function centre(canvas, { x, y, width, height }) {
  const view = canvas.viewbox();
  canvas.viewbox({ ...view, x: x + width / 2 - view.width / 2, y: y + height / 2 - view.height / 2 });
}

/** Leave a margin, so that labels beside the outermost elements are seen too. */
function breathe(canvas) {
  const box = canvas.viewbox();
  if (!box.outer.width || !box.outer.height) return;
  const margin = PADDING / box.scale;
  canvas.viewbox({ x: box.x - margin, y: box.y - margin, width: box.width + 2 * margin, height: box.height + 2 * margin });
}

/** A diagram in a tab or a resized window fits again, until the reader has moved it. */
function refitUntilMoved(place, viewer, fit) {
  let moved = false;
  for (const kind of ['wheel', 'pointerdown', 'keydown']) place.addEventListener(kind, () => (moved = true), { passive: true });
  let width = place.clientWidth;
  new ResizeObserver(() => {
    if (place.clientWidth === width) return;
    width = place.clientWidth;
    if (!moved && width > 0) fit();
  }).observe(place);
}
