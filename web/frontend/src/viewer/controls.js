// Buttons and keys to look around in a diagram, and how it opens: all of it when that can be read, else at the place
// that matters now.
import { element } from '../elements.js';
import { text } from '../texts.js';
import { extent, fit as fitAll } from './opening.js';

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
    fitAll(viewer, PADDING);
  };
  const zoom = (factor) => canvas.zoom(canvas.zoom() * factor, 'auto');
  const goHere = (scale = Math.max(canvas.zoom(), OPEN)) => {
    const shape = here();
    if (!shape) return fit();
    centre(viewer, shape, scale);
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
function centre(viewer, { x, y, width, height }, scale) {
  const canvas = viewer.get('canvas');
  const outer = canvas.getSize();
  if (!outer.width || !outer.height) return;
  const all = extent(viewer);
  const [wide, high] = [outer.width / scale, outer.height / scale];
  const within = (start, length, from, size) => {
    const [least, most] = [from - PADDING, from + size + PADDING - length];
    return least > most ? (least + most) / 2 : Math.min(Math.max(start, least), most);
  };
  canvas.viewbox({
    x: within(x + width / 2 - wide / 2, wide, all.x, all.width),
    y: within(y + height / 2 - high / 2, high, all.y, all.height),
    width: wide,
    height: high,
  });
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
