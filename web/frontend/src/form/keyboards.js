// Which keyboard a phone shows for a field. form-js leaves every field to the one with letters, and a date to that
// keyboard and its calendar at once, one over the other.
const PHONE = /(^|_)(phone|mobile|tel|telephone)$/;
const DIGITS = /^[\d[\]{}()|,^$\\-]+$/; // a pattern of digits alone, such as that of a year
const CALENDAR = 'none'; // the calendar is for fingers; whoever has real keys types on

/** The keyboard for a component, or undefined for the one with letters. A number that may be negative keeps that one:
 * a telephone's number pad has no minus. */
export function keyboardOf({ type, key = '', validate = {} }) {
  if (type === 'datetime') return CALENDAR;
  if (type === 'number') return Number(validate.min) >= 0 ? 'decimal' : undefined;
  if (type !== 'textfield') return undefined;
  if (PHONE.test(key) || validate.validationType === 'phone') return 'tel';
  if (/(^|_)email$/.test(key) || validate.validationType === 'email') return 'email';
  return DIGITS.test(validate.pattern ?? '-') && /\d/.test(validate.pattern) ? 'numeric' : undefined;
}

const all = (components = []) => components.flatMap((one) => [one, ...all(one.components)]);

/** Give the fields of a form their keyboards on a touch screen, each before it takes the focus. */
export function giveKeyboards(container, schema) {
  if (!matchMedia('(pointer: coarse)').matches) return;
  const known = new Map(all(schema.components).map((one) => [one.id, keyboardOf(one)]));
  const give = ({ target }) => {
    const field = target.closest('input:not([type=checkbox]):not([type=radio])');
    const [, id] = /^fjs-form-[^-]+-(.+?)(?:_\d+)*(?:-date|-time)?$/.exec(field?.id ?? '') ?? [];
    const keyboard = known.get(id);
    if (keyboard) field.inputMode = keyboard;
  };
  container.addEventListener('pointerdown', give, true);
  container.addEventListener('focusin', give, true);
}
