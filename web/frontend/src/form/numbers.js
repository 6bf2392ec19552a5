// Numbers as people write them: 300,000,000, full-width digits from a Chinese keyboard, 3亿 and 500万 are read;
// what cannot be a number is not taken. form-js alone reads a comma as a decimal point and shows NaN for the rest.
const SEPARATORS = /[,'’\s_]/g;
const UNITS = { 万: 4, 亿: 8 };
const MOST_DIGITS = 15;

/** The plain text of a number, or null when what stands there cannot become one. */
export function plainNumber(written) {
  const text = written.normalize('NFKC').replace(SEPARATORS, '').replace('。', '.');
  const unit = UNITS[text.at(-1)];
  const plain = unit ? shifted(text.slice(0, -1), unit) : text;
  if (plain === null || !/^-?\d*\.?\d*$/.test(plain)) return null;
  return plain.replace(/\D/g, '').length > MOST_DIGITS ? null : plain;
}

/** A decimal text with its point moved to the right: exact, no floating point. */
function shifted(text, places) {
  const found = /^(-?\d+)(?:\.(\d*))?$/.exec(text);
  if (!found) return null;
  const decimals = (found[2] ?? '').padEnd(places, '0');
  const rest = decimals.slice(places).replace(/0+$/, '');
  return found[1] + decimals.slice(0, places) + (rest && `.${rest}`);
}

const field = (event) => (event.target.matches?.('.fjs-form-field-number input') ? event.target : null);

/** Read numbers on their way to form-js; `container` is what it renders into. */
export function readNumbers(container) {
  const taken = new WeakMap();
  container.addEventListener('focusin', (event) => field(event) && taken.set(event.target, event.target.value));
  container.addEventListener(
    'keypress',
    (event) => {
      if (!field(event) || event.key === 'Enter' || /^[\d.-]$/.test(event.key)) return;
      event.stopPropagation(); // 亿 and full-width digits come as input; separators and letters are not typed at all
      event.preventDefault();
    },
    true,
  );
  container.addEventListener(
    'input',
    (event) => {
      const input = field(event);
      if (!input) return;
      if (event.isComposing) return event.stopPropagation();
      const plain = plainNumber(input.value);
      if (plain !== input.value) input.value = plain ?? taken.get(input) ?? '';
      taken.set(input, input.value);
    },
    true,
  );
  container.addEventListener('compositionend', (event) => field(event)?.dispatchEvent(new InputEvent('input', { bubbles: true })), true);
}
