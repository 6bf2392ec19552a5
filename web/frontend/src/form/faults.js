// What is wrong with a form: a summary with links above it, and the messages at the fields.
import { element } from '../elements.js';
import { text } from '../texts.js';

/** Every field of a schema, groups and lists opened. */
const fieldsOf = (components = []) => components.flatMap((one) => [one, ...fieldsOf(one.components)]);

/** Messages under a field, those of repeated rows included. */
const messagesIn = (found) => (Array.isArray(found) ? found : typeof found === 'object' && found ? Object.values(found).flatMap(messagesIn) : [found]);

const findings = new WeakMap(); // form -> Map(field id -> {value, messages})
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

/** Show what the server found: field key -> messages, '' for the whole form. A finding stays until its value changes. */
export function showFindings(view, found) {
  const { form, schema } = view;
  const known = fieldsOf(schema.components).filter((field) => field.key && found[field.key]);
  const { data } = form._getState();
  const remembered = new Map(
    known.map((field) => [field.id, { value: JSON.stringify(data[field.key]), messages: messagesIn(found[field.key]) }]),
  );
  findings.set(form, remembered);
  addFindingsToChecks(form);
  form._setState({ errors: Object.fromEntries([...remembered].map(([id, { messages }]) => [id, messages])) });
  const elsewhere = Object.keys(found).filter((key) => key && !known.some((field) => field.key === key));
  showFaults(view, [...messagesIn(found[''] ?? []), ...elsewhere.map((key) => `${key}: ${messagesIn(found[key]).join(' ')}`)]);
}

function addFindingsToChecks(form) {
  const validator = form.get('validator');
  const own = validator.validateFieldInstance.bind(validator);
  validator.validateFieldInstance = (instance, value) => {
    const finding = findings.get(form)?.get(instance.id);
    const stands = finding && !checking.has(form) && finding.value === JSON.stringify(value);
    return [...own(instance, value), ...(stands ? finding.messages : [])];
  };
}

/** The summary: what concerns the whole form, then every field that has a message now, with a link to it. */
export function showFaults({ place, form, schema, summary }, general = []) {
  const { errors, data } = form._getState();
  const rows = fieldsOf(schema.components)
    .filter((field) => errors[field.id])
    .map((field) => row(place, field, messagesIn(errors[field.id])));
  const title = rows.length ? element('div', { class: 'alert-title' }, text('faults', { count: rows.length })) : null;
  const list = element('ul', {}, ...general.map((words) => element('li', {}, words)), ...rows);
  summary.replaceChildren(element('div', { class: 'alert alert-danger', role: 'alert' }, title, list));

  const shownFor = JSON.stringify(data);
  const clear = (now) => {
    if (Object.keys(now.errors).length || JSON.stringify(now.data) === shownFor) return;
    summary.replaceChildren();
    form.off('changed', clear);
  };
  form.on('changed', clear);
}

function row(place, field, messages) {
  const name = field.label || field.dateLabel || field.timeLabel || field.key;
  const jump = () => {
    const input = place.querySelector(`[id^="fjs-form-"][id$="-${CSS.escape(field.id)}"], [id*="-${CSS.escape(field.id)}_"], [id*="-${CSS.escape(field.id)}-"]`);
    input?.scrollIntoView({ block: 'center' });
    input?.focus();
  };
  return element('li', {}, element('button', { type: 'button', class: 'btn btn-link p-0 df-fault-link', onclick: jump }, name), ` ${messages.join(' ')}`);
}
