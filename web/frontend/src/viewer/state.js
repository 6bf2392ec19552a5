// Where an instance stands, drawn on its diagram: marks on elements, and small labels beside them.
import { element } from '../elements.js';
import { text } from '../texts.js';

const MARKS = { active: 'df-active', done: 'df-done', incidents: 'df-incident' };
const CORNERS = { topRight: { top: -10, right: 10 }, topLeft: { top: -10, left: -10 }, bottomRight: { bottom: 10, right: 10 }, bottomLeft: { bottom: 10, left: -10 } };
const ABOVE = -24; // pixels between the top of a label and the top of its element
const shownIn = new WeakMap(); // viewer -> [[element id, class]]

/** `focus`: id of the element that the page is about, if any. */
export function showState(viewer, state, focus) {
  const canvas = viewer.get('canvas');
  const overlays = viewer.get('overlays');
  const drawn = viewer.get('elementRegistry');
  for (const [id, mark] of shownIn.get(viewer) ?? []) canvas.removeMarker(id, mark);
  overlays.remove({ type: 'dealflow' });

  const marks = Object.entries(MARKS).flatMap(([member, mark]) => (state[member] ?? []).map((id) => [id, mark]));
  marks.push(...Object.keys(state.faults ?? {}).map((id) => [id, 'df-fault']));
  marks.push(...Object.entries(state.heat ?? {}).map(([id, { level }]) => [id, `df-heat-${level}`]));
  const known = marks.filter(([id]) => drawn.get(id));
  for (const [id, mark] of known) canvas.addMarker(id, mark);
  shownIn.set(viewer, known);

  const label = (id, position, html) => drawn.get(id) && overlays.add(id, 'dealflow', { position, html, scale: { min: 0.8, max: 1.2 } });
  const places = labelPlaces();
  const here = hereIn(viewer, state, focus);
  if (here) label(here, places.above(drawn.get(here)), element('span', { class: 'df-you-are-here' }, text('youAreHere')));
  for (const [id, words] of Object.entries(state.waits ?? {})) {
    if (drawn.get(id)) label(id, places.beside(drawn.get(id)), element('span', { class: 'df-wait' }, words));
  }
  for (const [id, words] of Object.entries(state.faults ?? {})) {
    if (drawn.get(id)) label(id, places.beside(drawn.get(id)), element('span', { class: 'df-wait df-wait-fault', role: 'alert' }, words));
  }
  for (const [id, { text: words }] of Object.entries(state.heat ?? {})) {
    if (words && drawn.get(id)) label(id, { bottom: 8, left: 4 }, element('span', { class: 'df-heat-figure' }, words));
  }
  const badges = [
    ...(state.incidents ?? []).map((id) => [id, 'df-count df-count-incident', text('incident'), '!', ['topLeft']]),
    ...Object.entries(state.counts ?? {}).map(([id, count]) => [id, 'df-count', text('tokensHere', { count }), String(count), []]),
    ...Object.entries(state.elsewhere ?? {}).map(([id, count]) => [id, 'df-count df-count-elsewhere', text('tokensElsewhere', { count }), String(count), []]),
  ];
  for (const [id, look, title, words, wished] of badges) {
    if (drawn.get(id)) label(id, places.corner(drawn.get(id), wished), element('span', { class: look, title }, words));
  }
}

/** The element that bears "you are here": what the page is about if a token stands there, else the first with one. */
export function hereIn(viewer, state, focus) {
  const active = (state.active ?? []).filter((id) => viewer.get('elementRegistry').get(id));
  return active.includes(focus) ? focus : active[0];
}

/** The element to look at first: what the page is about, else where the case stands, else where most tokens are, else where the process begins. */
export function herePlace(viewer, state, focus) {
  const drawn = viewer.get('elementRegistry');
  const busiest = Object.entries(state.counts ?? {}).sort((a, b) => b[1] - a[1]).map(([id]) => id);
  const hottest = Object.entries(state.heat ?? {}).sort((a, b) => b[1].level - a[1].level).map(([id]) => id);
  const start = drawn.filter((one) => one.type === 'bpmn:StartEvent' && one.parent?.type !== 'bpmn:SubProcess').sort((a, b) => a.x - b.x || a.y - b.y);
  const found = [focus, ...(state.active ?? []), ...busiest, ...hottest].map((id) => id && drawn.get(id)).find(Boolean);
  return found ?? start[0];
}

/** Where labels go: never on an event at the border of their element, never on each other. */
function labelPlaces() {
  const taken = new Map(); // element -> names of corners, rows of labels above
  const of = (shape) => taken.get(shape.id) ?? taken.set(shape.id, { corners: [], above: 0 }).get(shape.id);
  const events = (shape) => (shape.attachers ?? []).map((one) => ({ x: one.x + one.width / 2 - shape.x, y: one.y + one.height / 2 - shape.y }));
  const free = (shape, { top, left }) => {
    const at = { x: left === undefined ? shape.width : 0, y: top === undefined ? shape.height : 0 };
    return !events(shape).some((event) => Math.abs(event.x - at.x) < 36 && Math.abs(event.y - at.y) < 36);
  };
  const above = (shape) => ({ top: ABOVE * ++of(shape).above, left: 0 });
  return {
    above,
    beside: (shape) => (events(shape).some(({ y }) => y > shape.height - 10) ? above(shape) : { bottom: -4, left: 0 }),
    corner(shape, wished) {
      const order = [...wished, ...Object.keys(CORNERS)].filter((name) => !of(shape).corners.includes(name));
      const name = order.find((one) => free(shape, CORNERS[one])) ?? order[0] ?? 'topRight';
      of(shape).corners.push(name);
      return CORNERS[name];
    },
  };
}
