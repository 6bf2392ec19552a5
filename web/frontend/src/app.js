// On every page. What it reads from the markup: README.md, "Every page".
import './page/theme.js';
import '@tabler/core/dist/js/tabler.esm.js';
import './page/htmx.js';
import './page/notices.js';
import './page/progress.js';
import './page/forms.js';
import './page/resend.js';
import './page/keys.js';
import './page/rows.js';
import './page/inbox.js';
import './page/filter.js';
import './page/folds.js';
import './page/narrow.js';
import './page/talk.js';
import './page/tour.js';
