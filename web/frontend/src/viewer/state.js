// Where an instance stands, drawn on its diagram: marks on elements, and small labels beside them.
import { element } from '../elements.js';
import { text } from '../texts.js';

const MARKS = { active: 'df-active', done: 'df-done', incidents: 'df-incident' };
const shownIn = new WeakMap(); // viewer -> [[element id, class]]

export function showState(viewer, state) {
  const canvas = viewer.get('canvas');
  const overlays = viewer.get('overlays');
  const drawn = viewer.get('elementRegistry');
  for (const [id, mark] of shownIn.get(viewer) ?? []) canvas.removeMarker(id, mark);
  overlays.remove({ type: 'dealflow' });

  const marks = Object.entries(MARKS).flatMap(([member, mark]) => (state[member] ?? []).map((id) => [id, mark]));
  marks.push(...Object.keys(state.faults ?? {}).map((id) => [id, 'df-fault']));
  const known = marks.filter(([id]) => drawn.get(id));
  for (const [id, mark] of known) canvas.addMarker(id, mark);
  shownIn.set(viewer, known);

  const label = (id, position, html) => drawn.get(id) && overlays.add(id, 'dealflow', { position, html, scale: { min: 0.8, max: 1.2 } });
  const active = (state.active ?? []).filter((id) => drawn.get(id));
  if (active.length) label(active[0], { top: -24, left: 0 }, element('span', { class: 'df-you-are-here' }, text('youAreHere')));
  for (const [id, words] of Object.entries(state.waits ?? {})) {
    label(id, { bottom: -4, left: 0 }, element('span', { class: 'df-wait' }, words));
  }
  for (const [id, count] of Object.entries(state.counts ?? {})) {
    label(id, { top: -10, right: 10 }, element('span', { class: 'df-count' }, String(count)));
  }
  for (const [id, words] of Object.entries(state.faults ?? {})) {
    label(id, { bottom: -4, left: 0 }, element('span', { class: 'df-wait df-wait-fault', role: 'alert' }, words));
  }
  for (const id of state.incidents ?? []) {
    label(id, { top: -10, left: -10 }, element('span', { class: 'df-count df-count-incident', title: text('incident') }, '!'));
  }
}
