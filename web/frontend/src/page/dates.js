// Dates in plain forms. The browser's own calendar writes a day in the order of the browser's language, which need not be
// the page's: what was chosen stands under the field as all pages write it, with its day of the week; under a time its
// zone, which is the house's and not the reader's. Why not a calendar of our own: the browser's is what phones, screen
// readers and keyboards know.
import { element, mountEvery } from '../elements.js';
import { language } from '../texts.js';

const locale = () => (language() === 'zh' ? 'zh-CN' : 'en-GB');

/** The name of the house's zone in the page's language: “中国标准时间”. */
export function zone() {
  const timeZone = document.body.dataset.zone;
  if (!timeZone) return '';
  const parts = new Intl.DateTimeFormat(locale(), { timeZone, timeZoneName: 'long' }).formatToParts(new Date());
  return parts.find(({ type }) => type === 'timeZoneName')?.value ?? timeZone;
}

function written(field) {
  if (field.type === 'time') return zone();
  const [day, time] = field.value.split('T');
  const weekday = day && new Date(`${day}T00:00:00Z`).toLocaleDateString(locale(), { timeZone: 'UTC', weekday: 'short' });
  const beside = [weekday, field.type === 'datetime-local' ? zone() : ''].filter(Boolean).join(' · ');
  return [day, time, beside].filter(Boolean).join(' ');
}

mountEvery('input:is([type="date"], [type="datetime-local"], [type="time"])', (field) => {
  if (field.closest('[data-form]')) return;
  field.id ||= `df-date-${field.name}-${document.querySelectorAll('input').length}`;
  const note = element('small', { class: 'form-hint df-date-said', id: `${field.id}-said` });
  field.after(note);
  field.setAttribute('aria-describedby', [field.getAttribute('aria-describedby'), note.id].filter(Boolean).join(' '));
  const show = () => (note.textContent = written(field));
  field.addEventListener('input', show);
  field.form?.addEventListener('reset', () => setTimeout(show));
  show();
});
