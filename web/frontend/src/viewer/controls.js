// Buttons and keys to look around in a diagram, and how it opens: all of it when that can be read, else at the place
// that matters now.
import { element } from '../elements.js';
import { text } from '../texts.js';

const PADDING = 30;
const STEP = 1.25;
const LEGIBLE = 0.7; // below this the twelve pixels of a label cannot be read
const OPEN = 0.9;
const WIDE = 700; // pixels below which a whole diagram says nothing

/** `here()` gives the element to look at first, or nothing. */
export function addControls(place, viewer, here) {
  const canvas = viewer.get('canvas');
  const fit = () => {
    canvas.resized();
    canvas.zoom('fit-viewport', 'auto');
    breathe(canvas);
  };
  const zoom = (factor) => canvas.zoom(canvas.zoom() * factor, 'auto');
  const goHere = (scale = Math.max(canvas.zoom(), OPEN)) => {
    const shape = here();
    if (!shape) return fit();
    canvas.zoom(scale);
    centre(canvas, shape);
  };
  const open = () => {
    if (viewer.get('elementRegistry').get(place.dataset.focus ?? '')) return goHere(1);
    fit();
    if (canvas.zoom() < LEGIBLE && !('whole' in place.dataset && place.clientWidth >= WIDE)) goHere(OPEN);
  };
  const actions = { '+': () => zoom(STEP), '=': () => zoom(STEP), '-': () => zoom(1 / STEP), 0: fit, '.': () => goHere() };

  const button = (sign, label, key, run) =>
    element('button', { type: 'button', class: 'btn btn-icon btn-sm', title: `${label} (${key})`, 'aria-label': label, 'aria-keyshortcuts': key, onclick: run }, sign);
  place.append(
    element(
      'div',
      { class: 'df-viewer-controls btn-group-vertical', role: 'group', 'aria-label': text('diagram') },
      button('+', text('zoomIn'), '+', actions['+']),
      button('−', text('zoomOut'), '-', actions['-']),
      button('⤢', text('zoomFit'), '0', fit),
      button('◎', text('zoomHere'), '.', () => goHere()),
    ),
  );
  place.addEventListener('keydown', (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || !actions[event.key]) return;
    actions[event.key]();
    event.preventDefault();
    event.stopPropagation();
  });
  open();
  reopenUntilMoved(place, open);
}

/** Bring a shape to the middle, but show no more empty ground beside the diagram than a margin. */
function centre(canvas, { x, y, width, height }) {
  const view = canvas.viewbox();
  const within = (start, length, from, size) => {
    const [least, most] = [from - PADDING, from + size + PADDING - length];
    return least > most ? (least + most) / 2 : Math.min(Math.max(start, least), most);
  };
  canvas.viewbox({
    ...view,
    x: within(x + width / 2 - view.width / 2, view.width, view.inner.x, view.inner.width),
    y: within(y + height / 2 - view.height / 2, view.height, view.inner.y, view.inner.height),
  });
}

/** Leave a margin, so that labels beside the outermost elements are seen too. */
function breathe(canvas) {
  const box = canvas.viewbox();
  if (!box.outer.width || !box.outer.height) return;
  const margin = PADDING / box.scale;
  canvas.viewbox({ x: box.x - margin, y: box.y - margin, width: box.width + 2 * margin, height: box.height + 2 * margin });
}

/** A diagram in a tab or a resized window opens again, until the reader has moved it. */
function reopenUntilMoved(place, open) {
  let moved = false;
  for (const kind of ['wheel', 'pointerdown', 'keydown']) place.addEventListener(kind, () => (moved = true), { passive: true });
  let width = place.clientWidth;
  new ResizeObserver(() => {
    if (place.clientWidth === width) return;
    width = place.clientWidth;
    if (!moved && width > 0) open();
  }).observe(place);
}
