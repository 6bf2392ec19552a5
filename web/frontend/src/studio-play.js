// Scenarios: all of them with their coverage painted, and one recorded by clicking through.
import NavigatedViewer from 'bpmn-js/lib/NavigatedViewer';
import { element, mountEvery } from './elements.js';
import { csrfToken, read } from './server.js';
import { language } from './texts.js';
import { nameBeforeDrawing } from './viewer/labels.js';
import { drawUnseen, fit } from './viewer/opening.js';
import { say } from './studio/play-words.js';

async function mount(place) {
  const drawing = place.querySelector('[data-drawing]');
  const state = { place, viewer: null, base: {}, steps: [], process: '', painted: [] };
  try {
    const xml = await read(place.dataset.xmlUrl, 'text');
    const { fontFamily } = getComputedStyle(drawing);
    state.viewer = new NavigatedViewer({ container: drawing, textRenderer: { defaultStyle: { fontFamily } } });
    const { names } = await post(place.dataset.playUrl, { steps: [] });
    if (language() === 'en') nameBeforeDrawing(state.viewer, names, fontFamily);
    await drawUnseen(state.viewer, xml, () => fit(state.viewer));
    state.names = names;
    state.process = processOf(state.viewer);
    place.dataset.ready = 'true';
  } catch (error) {
    drawing.replaceChildren(element('p', { class: 'text-danger p-2' }, error.message));
    place.dataset.ready = 'failed';
    return;
  }
  document.querySelector('[data-run]').addEventListener('click', (event) => runAll(state, event.currentTarget));
  document.querySelector('[data-record]').addEventListener('click', () => record(state));
}

const processOf = (viewer) => viewer.getDefinitions().rootElements.find((one) => one.$type === 'bpmn:Process')?.id;

async function post(url, scenario) {
  const answer = await fetch(url, {
    method: 'POST',
    credentials: 'same-origin',
    headers: { 'Content-Type': 'text/plain', Accept: 'application/json', 'X-CSRFToken': csrfToken() },
    body: JSON.stringify(scenario),
  });
  const told = await answer.json();
  if (!answer.ok) throw new Error(told.detail ?? answer.statusText);
  return told;
}

// ── all ──────────────────────────────────────────────────────────────────────────────────────────────────────────

async function runAll(state, button) {
  const summary = state.place.querySelector('[data-summary]');
  button.disabled = true;
  summary.textContent = say('running');
  try {
    const told = await read(state.place.dataset.runUrl, 'json');
    for (const one of told.scenarios) {
      const row = state.place.querySelector(`[data-scenario="${CSS.escape(one.name)}"]`);
      if (!row) continue;
      row.dataset.passed = String(one.passed);
      row.querySelector('[data-outcome]').textContent = one.passed ? '✓' : '✗';
      if (one.why) row.querySelector('[data-why]').textContent = one.why;
    }
    const failed = told.scenarios.filter((one) => !one.passed).length;
    const percent = ([some, all]) => (all ? `${Math.round((100 * some) / all)} % (${some}/${all})` : '—');
    summary.textContent = say(failed ? 'someFailed' : 'allPassed', {
      count: told.scenarios.length, failed, nodes: percent(told.nodes), flows: percent(told.flows),
    });
    paint(state, { 'df-visited': told.visited, 'df-unvisited': told.missing });
  } catch (error) {
    summary.textContent = error.message;
  }
  button.disabled = false;
}

/** Class → ids of elements; what was painted before goes. */
function paint(state, marks) {
  const [canvas, registry, overlays] = ['canvas', 'elementRegistry', 'overlays'].map((name) => state.viewer.get(name));
  for (const [id, mark] of state.painted) if (registry.get(id)) canvas.removeMarker(id, mark);
  overlays.remove({ type: 'df-token' });
  state.painted = [];
  for (const [mark, ids] of Object.entries(marks)) {
    for (const id of ids) {
      if (!registry.get(id)?.parent) continue;
      canvas.addMarker(id, mark);
      state.painted.push([id, mark]);
    }
  }
}

// ── one, clicked through ─────────────────────────────────────────────────────────────────────────────────────────

/** How it begins: with nothing, or with the people, handlers and values of a scenario that is there. */
function record(state) {
  state.place.querySelector('[data-scenarios]').hidden = true;
  const known = [...state.place.querySelectorAll('[data-scenario]')].map((row) => [row.dataset.scenario, row.querySelector('a')]);
  const like = element(
    'select', { class: 'form-select', 'aria-label': say('like') }, element('option', { value: '' }, say('nothing')),
    ...known.map(([name, link]) => element('option', { value: name }, link.textContent)),
  );
  const values = element('textarea', { class: 'form-control', rows: 6, 'aria-label': say('startWith'), placeholder: '{"amount": 60000000}' });
  like.addEventListener('change', async () => {
    const { steps = [], name: _, now, ...base } = like.value ? JSON.parse(await read(state.place.dataset.saveUrl.replace(/scenarios\/$/, like.value), 'text')) : {};
    const { variables: given, ...first } = steps[0] ?? { start: state.process };
    state.base = { ...base, ...(now ? { now } : {}) };
    state.first = first;
    values.value = given ? JSON.stringify(given, null, 1) : '';
  });
  const begin = () => {
    const variables = json(values);
    if (variables === null) return;
    state.steps = [{ ...state.first, ...(variables ? { variables } : {}) }];
    show(state);
  };
  state.base = {};
  state.first = { start: state.process };
  state.place.querySelector('[data-summary]').textContent = say('begin');
  const panel = state.place.querySelector('[data-steps]');
  panel.hidden = false;
  panel.replaceChildren(
    ...(known.length ? [element('label', { class: 'form-label' }, say('like')), like] : []),
    element('label', { class: 'form-label mt-2' }, say('startWith')), values, go(begin),
  );
}

/** What stands in a field as JSON: undefined when nothing does; null when it is none, which the field then says. */
function json(field) {
  field.setCustomValidity('');
  try {
    return field.value.trim() ? JSON.parse(field.value) : undefined;
  } catch (error) {
    field.setCustomValidity(error.message);
    field.reportValidity();
    return null;
  }
}

async function show(state) {
  const panel = state.place.querySelector('[data-steps]');
  const summary = state.place.querySelector('[data-summary]');
  panel.hidden = false;
  const told = await post(state.place.dataset.playUrl, { ...state.base, steps: state.steps }).catch((error) => ({ error: error.message, instances: [], visited: [], tokens: {}, refused: [] }));
  state.now = told.now;
  const tokens = told.tokens[state.process] ?? {};
  paint(state, { 'df-visited': told.visited, 'df-active': Object.keys(tokens) });
  const overlays = state.viewer.get('overlays');
  for (const [id, count] of Object.entries(tokens)) {
    if (state.viewer.get('elementRegistry').get(id)?.parent) {
      overlays.add(id, 'df-token', { position: { top: -12, right: 14 }, html: element('span', { class: 'df-count' }, String(count)) });
    }
  }
  const first = Object.keys(tokens).find((id) => state.viewer.get('elementRegistry').get(id)?.parent);
  if (first) state.viewer.get('canvas').scrollToElement(first);
  const open = told.instances.flatMap((one) => one.waiting.map((wait) => ({ ...wait, instance: one.instance, of: one })));
  const ended = told.instances.length > 0 && told.instances.every((one) => one.state !== 'active');
  summary.textContent = told.error || told.refused[0]?.text || (ended ? say('ended') : say('waiting', { count: open.length }));
  panel.replaceChildren(
    element('ol', { class: 'df-studio-steps' }, ...state.steps.map((step) => element('li', {}, words(state, step)))),
    ...(told.error && state.steps.length > 1 ? [back(state)] : open.map((wait) => choice(state, wait))),
    state.steps.length > 1 && !told.error ? back(state) : '',
    ended || state.steps.length > 1 ? saver(state, told) : '',
  );
  panel.querySelector('details:first-of-type')?.setAttribute('open', '');
}

function words(state, step) {
  const id = step.complete ?? step.start ?? step.message ?? step.advance ?? step.signal;
  const what = Object.keys(step)[0];
  return `${say(what)} ${typeof id === 'string' ? (state.names[id] ?? id) : JSON.stringify(id)}`;
}

const back = (state) =>
  element('button', { type: 'button', class: 'btn btn-sm me-2', onclick: () => (state.steps.pop(), show(state)) }, say('back'));

/** What can be done with one thing that waits. */
function choice(state, wait) {
  const name = state.names[wait.element] ?? wait.element;
  const add = (step) => {
    state.steps.push(step);
    show(state);
  };
  const title = element('summary', {}, `${say(`kind_${wait.kind}`)} ${name}`);
  if (wait.kind === 'timer') return element('details', { class: 'card p-2 mb-2' }, title, element('p', { class: 'df-sub' }, wait.due ?? ''), go(() => add({ advance: `PT${Math.max(0, Math.ceil((new Date(wait.due) - new Date(state.now)) / 1000))}S` })));
  if (wait.kind === 'signal') return element('details', { class: 'card p-2 mb-2' }, title, go(() => add({ signal: wait.name })));
  const fields = (wait.form ?? []).map(input);
  const more = element('textarea', { class: 'form-control', rows: 2, 'aria-label': say('more'), placeholder: '{"amount": 60000000}' });
  const person = element('input', { class: 'form-control', placeholder: say('as'), 'aria-label': say('as'), value: wait.assignee ?? '' });
  const send = () => {
    const further = json(more);
    if (further === null) return;
    const entered = fields.map((one) => one.read());
    if (entered.some(([, value]) => value === null)) return;
    const variables = { ...Object.fromEntries(entered.filter(([, value]) => value !== undefined)), ...further };
    const given = Object.keys(variables).length ? { variables } : {};
    const key = wait.kind === 'message' ? wait.name : wait.element;
    const step = wait.kind === 'message' ? { message: key, business_key: wait.of.business_key ?? undefined } : { complete: key };
    add({ ...step, ...(wait.kind === 'user' && person.value ? { as: person.value } : {}), ...given });
  };
  return element(
    'details', { class: 'card p-2 mb-2' }, title,
    ...(wait.kind === 'user' ? [element('label', { class: 'form-label mt-2' }, say('as')), person] : []),
    ...fields.flatMap((one) => [one.label, one.field]),
    element('label', { class: 'form-label mt-2' }, say('more')), more, go(send),
  );
}

const go = (run) => element('button', { type: 'button', class: 'btn btn-primary btn-sm mt-2', onclick: run }, say('go'));

function input({ key, label, type, values, needed }) {
  const shown = element('label', { class: 'form-label mt-2 mb-0' }, `${label || key}${needed ? ' *' : ''}`);
  let field;
  let value;
  if (type === 'checkbox') {
    field = element('input', { type: 'checkbox', class: 'form-check-input d-block' });
    value = () => field.checked;
  } else if (values.length) {
    field = element('select', { class: 'form-select' }, element('option', { value: '' }, ''), ...values.map((one) => element('option', { value: JSON.stringify(one.value) }, one.label ?? one.value)));
    value = () => (field.value ? JSON.parse(field.value) : undefined);
  } else if (['dynamiclist', 'checklist', 'taglist', 'filepicker'].includes(type)) {
    field = element('textarea', { class: 'form-control', rows: 2, placeholder: '[]' });
    value = () => json(field);
  } else {
    field = element('input', { class: 'form-control', type: type === 'number' ? 'number' : type === 'datetime' ? 'date' : 'text', step: 'any' });
    value = () => (field.value === '' ? undefined : type === 'number' ? Number(field.value) : field.value);
  }
  field.setAttribute('aria-label', label || key);
  return { label: shown, field, read: () => [key, value()] };
}

/** Keep what was clicked as a scenario of the package, with how it ended as what is expected. */
function saver(state, told) {
  if ('readonly' in state.place.dataset) return '';
  const name = element('input', { class: 'form-control', placeholder: say('name'), 'aria-label': say('name') });
  const said = element('p', { class: 'df-sub', role: 'status' });
  const save = async () => {
    const count = Number(state.place.dataset.count) + 1;
    const file = `${String(count).padStart(2, '0')}_recorded.json`;
    const root = told.instances[0];
    const expected = root ? { expect: { instance: root.instance, state: [root.state] } } : undefined;
    const scenario = { name: name.value || file, ...state.base, steps: [...state.steps, ...(expected ? [expected] : [])] };
    const answer = await fetch(state.place.dataset.saveUrl + file, {
      method: 'PUT',
      credentials: 'same-origin',
      headers: { 'Content-Type': 'text/plain', Accept: 'application/json', 'X-CSRFToken': csrfToken(), 'If-Match': `"${state.place.dataset.version}"` },
      body: `${JSON.stringify(scenario, null, 1)}\n`,
    });
    const saved = await answer.json();
    if (answer.ok) {
      state.place.dataset.version = saved.version;
      state.place.dataset.count = String(count);
    }
    said.textContent = answer.ok ? say('kept', { file }) : (saved.detail ?? answer.statusText);
  };
  return element('div', { class: 'mt-3' }, name, element('button', { type: 'button', class: 'btn mt-2', onclick: save }, say('keep')), said);
}

mountEvery('[data-studio="play"]', mount);
