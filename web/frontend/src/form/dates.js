// Dates as people write them: 2026-11-20, 2026年11月20日 and full-width digits in every language, else in the order of
// the browser's language; what is no day is not taken. flatpickr alone reads 2026-11-20 as another day where months come
// first. They are written as all pages write them: year, month, day (ISO 8601), so that nobody takes the 4th of March for
// the 3rd of April because the browser speaks another language than the page.
import flatpickr from 'flatpickr';

/** The day that was written, or undefined when there is none; `format` is flatpickr's (`m/d/Y`). */
export function readDate(written, format) {
  const plain = written.normalize('NFKC').trim();
  const numbers = plain.replace(/^(\d{4})(\d{2})(\d{2})$/, '$1-$2-$3').match(/\d+/g) ?? [];
  if (numbers.length !== 3) return undefined;
  const order = [...format.toLowerCase().replace('j', 'd').replace('n', 'm')].filter((letter) => 'ymd'.includes(letter));
  const whole = numbers.findIndex((number) => number.length === 4);
  const year = Number(numbers.splice(whole < 0 ? order.indexOf('y') : whole, 1)[0]);
  const [first, second] = numbers.map(Number);
  const dayFirst = whole !== 0 && order.indexOf('d') < order.indexOf('m');
  const [month, day] = dayFirst ? [second, first] : [first, second];
  const date = new Date(year < 100 ? 2000 + year : year, month - 1, day);
  return date.getMonth() === month - 1 && date.getDate() === day ? date : undefined;
}

const two = (number) => String(number).padStart(2, '0');
const isDay = (format) => /^[dmYjn/.\-, ]+$/.test(format) && format.includes('Y');

/** The day as all pages write it; what a calendar says elsewhere, to screen readers, is its own affair. */
function writeDate(date, format, locale) {
  if (!isDay(format)) return flatpickr.formatDate(date, format, locale);
  return `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}`;
}

// A plugin, because flatpickr takes these two from no defaults.
flatpickr.setDefaults({ plugins: [() => ({ parseDate: readDate, formatDate: writeDate })] });

/**
 * form-js takes what was typed into a calendar of `container` when its field is left, which a click on a button does not
 * do. What comes back hands over a date that is still being typed and says whether there was one; form-js has it a moment
 * later.
 */
export function readDates(container) {
  let typed = null;
  // The calendar tells of each day it takes by an event of the same name, which is nobody's typing.
  container.addEventListener('input', ({ target, isTrusted }) => isTrusted && target._flatpickr && (typed = target));
  container.addEventListener('focusout', () => (typed = null));
  return () => {
    const calendar = typed?._flatpickr;
    if (!calendar) return false;
    typed = null;
    calendar.setDate(calendar.input.value, true, calendar.config.dateFormat);
    calendar.close();
    return true;
  };
}
