// What is wrong with a form: a summary with links above it, and the messages at the fields.
import { element } from '../elements.js';
import { text } from '../texts.js';

/** Every field of a schema, groups and lists opened. */
const fieldsOf = (components = []) => components.flatMap((one) => [one, ...fieldsOf(one.components)]);

/** Messages under a field, those of repeated rows included. */
const messagesIn = (found) =>
  Array.isArray(found) ? found.flatMap(messagesIn) : typeof found === 'object' && found ? Object.values(found).flatMap(messagesIn) : found ? [found] : [];

const findings = new WeakMap(); // form -> Map(place of a field -> {value, messages})
const live = new WeakMap(); // form -> place of a field -> messages about the values as they stand
const checking = new WeakSet(); // forms in the middle of their own check

/** What the form's own rules say, without the server's findings: those never hold back a second attempt. */
export function ownFaults(form, check) {
  checking.add(form);
  try {
    return check();
  } finally {
    checking.delete(form);
  }
}

const placeOf = (instance) => instance.valuePath.join('.');
const valueAt = (data, path) => path.reduce((value, part) => value?.[part], data);

/**
 * Show what the server found: place of a field (`amount`, `people.0.mobile`) -> messages, '' for the whole form.
 * A finding stays until its value changes. `summed: false` marks the fields alone.
 */
export function showFindings(view, found, { summed = true } = {}) {
  const { form } = view;
  const { data } = form._getState();
  const known = form.get('formFieldInstanceRegistry').getAllKeyed().filter((instance) => found[placeOf(instance)]);
  const remembered = findings.get(form) ?? new Map();
  if (!findings.has(form)) addFindingsToChecks(form);
  findings.set(form, remembered);
  const errors = {};
  for (const instance of known) {
    const messages = messagesIn(found[placeOf(instance)]);
    const value = JSON.stringify(valueAt(data, instance.valuePath));
    const before = remembered.get(placeOf(instance))?.messages ?? [];
    remembered.set(placeOf(instance), { value, messages: [...new Set([...before, ...messages])] });
    put(errors, [instance.id, ...Object.values(instance.indexes ?? {})], remembered.get(placeOf(instance)).messages);
  }
  form._setState({ errors: { ...form._getState().errors, ...errors } });
  if (!summed) return;
  const places = known.map(placeOf);
  const elsewhere = Object.keys(found).filter((place) => place && !places.includes(place));
  showFaults(view, [...messagesIn(found['']), ...elsewhere.map((place) => `${place}: ${messagesIn(found[place]).join(' ')}`)]);
}

/** form-js keeps the messages of a repeated field in objects by row. */
function put(errors, path, messages) {
  const last = path.at(-1);
  const above = path.slice(0, -1).reduce((here, part) => (here[part] ??= {}), errors);
  above[last] = messages;
}

function addFindingsToChecks(form) {
  const validator = form.get('validator');
  const own = validator.validateFieldInstance.bind(validator);
  validator.validateFieldInstance = (instance, value) => {
    const finding = instance.valuePath && findings.get(form)?.get(placeOf(instance));
    const stands = finding && !checking.has(form) && finding.value === JSON.stringify(value);
    const now = instance.valuePath && !checking.has(form) ? (live.get(form)?.[placeOf(instance)] ?? []) : [];
    return [...own(instance, value), ...(stands ? finding.messages : []), ...now];
  };
}

/** What the server says of the values as they stand now: place of a field -> messages, in place of what it said before. */
export function showLive({ form }, found) {
  const before = live.get(form) ?? {};
  live.set(form, found);
  if (!findings.has(form)) {
    findings.set(form, new Map());
    addFindingsToChecks(form);
  }
  const errors = structuredClone(form._getState().errors);
  for (const instance of form.get('formFieldInstanceRegistry').getAllKeyed()) {
    const place = placeOf(instance);
    if (!before[place] && !found[place]) continue;
    const path = [instance.id, ...Object.values(instance.indexes ?? {})];
    const stand = messagesIn(valueAt(errors, path)).filter((words) => !before[place]?.includes(words));
    const messages = [...new Set([...stand, ...(found[place] ?? [])])];
    if (messages.length || path.length > 1) put(errors, path, messages);
    else delete errors[path[0]];
  }
  form._setState({ errors });
}

/** The summary: what concerns the whole form, then every field that has a message now, with a link to it. What is
    corrected leaves it, and with the last fault the summary goes. */
export function showFaults({ place, form, schema, summary }, general = []) {
  const alert = element('div', { class: 'alert alert-danger', role: 'alert' });
  const wrongNow = () => fieldsOf(schema.components).filter((field) => messagesIn(form._getState().errors[field.id]).length);
  let told = wrongNow();
  const tell = () => {
    const rows = told.map((field) => row(place, field, messagesIn(form._getState().errors[field.id])));
    const title = rows.length ? element('div', { class: 'alert-title' }, text('faults', { count: rows.length })) : '';
    alert.replaceChildren(title, element('ul', {}, ...general.map((words) => element('li', {}, words)), ...rows));
  };
  tell();
  summary.replaceChildren(alert);

  const shownFor = JSON.stringify(form._getState().data);
  const follow = (now) => {
    if (!alert.isConnected) return form.off('changed', follow);
    if (JSON.stringify(now.data) === shownFor) return;
    const still = wrongNow();
    if (!Object.keys(now.errors).length) summary.replaceChildren();
    else if (told.some((field) => !still.includes(field))) {
      told = told.filter((field) => still.includes(field));
      tell();
    }
  };
  form.on('changed', follow);
}

function row(place, field, messages) {
  return element('li', {}, linkTo(place, field, []), ` ${[...new Set(messages)].join(' ')}`);
}

/** Links to the fields that the server names (`people.0.mobile`); places without a field have none. */
export const linksTo = ({ place, form }, places) =>
  form
    .get('formFieldInstanceRegistry')
    .getAllKeyed()
    .filter((instance) => instance.valuePath && places.includes(placeOf(instance)))
    .map((instance) => linkTo(place, form.get('formFieldRegistry').get(instance.id), Object.values(instance.indexes ?? {})));

/** A button with the field's name that opens its section and goes there; of a repeated field to the row that is meant. */
function linkTo(place, field, indexes) {
  const name = field.label || field.dateLabel || field.timeLabel || field.key;
  const id = [CSS.escape(field.id), ...indexes].join('_');
  const jump = () => {
    const input = place.querySelector(`[id^="fjs-form-"][id$="-${id}"], [id*="-${id}_"], [id*="-${id}-"]`);
    input?.dispatchEvent(new CustomEvent('dealflow:reveal', { bubbles: true })); // a folded section opens first
    input?.focus({ preventScroll: true }); // it would end the way to the middle, and leave the field under the button's bar
    input?.scrollIntoView({ block: 'center' });
  };
  return element('button', { type: 'button', class: 'btn btn-link p-0 df-fault-link', onclick: jump }, name);
}
