// Every word that the front end itself says, in both languages. The page's language is <html lang>.
const texts = {
  en: {
    offline: 'You are offline. What you type is kept in this browser.',
    online: 'The connection is back.',
    unreachable: 'The server cannot be reached. Your input stays on this page; this goes away when it is back.',
    reached: 'The server is back.',
    failed: 'That did not work (error {status}). Nothing was changed.',
    expired: 'Your session has ended. Sign in again in a new tab, then go on here: your input is still on this page.',
    signIn: 'Sign in',
    dismiss: 'Dismiss',
    shortcuts: 'Keyboard shortcuts',
    keyNext: 'Next row',
    keyPrevious: 'Previous row',
    keyOpen: 'Open the row',
    keySearch: 'Search',
    keySearchAll: 'Search clients, projects and cases',
    keySubmit: 'Send the form',
    keyHelp: 'This help',
    marked: '{count} marked',
    manyDone: 'Done: {count}',
    manyRefused: 'Left as they were: {count}',
    close: 'Close',
    diagram: 'Process diagram',
    diagramMissing: 'The diagram could not be loaded.',
    diagramBroken: 'The diagram cannot be drawn: {reason}',
    diagramUndrawn: 'This process runs without a drawing.',
    chartBroken: 'The chart cannot be drawn: {reason}. Its figures are in the table.',
    stateMissing: 'The current state could not be read.',
    zoomIn: 'Zoom in',
    zoomOut: 'Zoom out',
    zoomFit: 'Fit to window',
    zoomHere: 'Go to where it stands',
    tokensHere: 'In this version: {count}',
    tokensElsewhere: 'In other versions: {count}',
    youAreHere: 'You are here',
    incident: 'Incident',
    draftSaving: 'Saving draft …',
    draftSaved: 'Draft saved {time}',
    draftHere: 'Kept in this browser {time}',
    draftOf: 'Draft of {time}',
    draftKept: 'Not saved on the server. Your input is kept in this browser.',
    draftTaken: 'This task is no longer yours, the draft was not saved. Your input is kept in this browser.',
    draftFound: 'Input from {time} was not saved. Bring it back?',
    restore: 'Restore',
    discard: 'Discard',
    faults: 'Please correct {count} field(s)',
    sectionMissing: '{count} to fill in',
    sectionWrong: '{count} to correct',
    tourNext: 'Next',
    tourBack: 'Back',
    tourDone: 'Done',
    tourEnd: 'End the tour',
    noteBlock: 'Blocks:',
    noteWarn: 'Warning:',
    formBroken: 'The form cannot be shown: {reason}',
  },
  zh: {
    offline: '网络已断开。您输入的内容保存在本浏览器中。',
    online: '网络已恢复。',
    unreachable: '无法连接服务器。您的输入仍在本页，恢复后此提示自动消失。',
    reached: '服务器已恢复。',
    failed: '操作未成功（错误 {status}），数据没有改动。',
    expired: '登录已过期。请在新标签页重新登录，然后回到这里继续：您的输入仍在本页。',
    signIn: '登录',
    dismiss: '关闭提示',
    shortcuts: '键盘快捷键',
    keyNext: '下一行',
    keyPrevious: '上一行',
    keyOpen: '打开该行',
    keySearch: '搜索',
    keySearchAll: '搜索客户、项目和业务',
    keySubmit: '提交表单',
    keyHelp: '显示本帮助',
    marked: '已选 {count} 项',
    manyDone: '已处理 {count} 项',
    manyRefused: '未变动 {count} 项，原因如下：',
    close: '关闭',
    diagram: '流程图',
    diagramMissing: '流程图加载失败。',
    diagramBroken: '流程图无法显示：{reason}',
    diagramUndrawn: '该流程没有图形，但照常运行。',
    chartBroken: '图表无法显示：{reason}。数据见下方表格。',
    stateMissing: '无法读取当前状态。',
    zoomIn: '放大',
    zoomOut: '缩小',
    zoomFit: '适应窗口',
    zoomHere: '回到当前位置',
    tokensHere: '本版本：{count}',
    tokensElsewhere: '其他版本：{count}',
    youAreHere: '当前位置',
    incident: '异常',
    draftSaving: '正在保存草稿…',
    draftSaved: '草稿已保存 {time}',
    draftHere: '已暂存在本浏览器 {time}',
    draftOf: '草稿保存于 {time}',
    draftKept: '未能保存到服务器，您的输入保存在本浏览器中。',
    draftTaken: '该任务已不归您处理，草稿未保存。您的输入保存在本浏览器中。',
    draftFound: '{time} 的输入尚未保存，是否恢复？',
    restore: '恢复',
    discard: '放弃',
    faults: '请更正 {count} 个字段',
    sectionMissing: '{count} 项未填',
    sectionWrong: '{count} 项待更正',
    tourNext: '下一步',
    tourBack: '上一步',
    tourDone: '完成',
    tourEnd: '结束引导',
    noteBlock: '阻断：',
    noteWarn: '提示：',
    formBroken: '表单无法显示：{reason}',
  },
};

export const language = () => (document.documentElement.lang.toLowerCase().startsWith('zh') ? 'zh' : 'en');

/** The text under `key` in the page's language, with {names} filled in. */
export const text = (key, values = {}) => fill(texts[language()][key], values);

export const fill = (template, values = {}) =>
  template.replace(/\{(\w+)\}/g, (whole, name) => (name in values ? String(values[name]) : whole));

/** A moment in the zone of the business (`<body data-zone>`), as the pages write it: the time alone when it is today. */
export function moment(value) {
  const timeZone = document.body.dataset.zone || undefined;
  const digits = { year: 'numeric', month: '2-digit', day: '2-digit', hour: '2-digit', minute: '2-digit', hourCycle: 'h23' };
  const written = (when) => {
    const parts = new Intl.DateTimeFormat('en', { timeZone, ...digits }).formatToParts(when);
    const { year, month, day, hour, minute } = Object.fromEntries(parts.map((part) => [part.type, part.value]));
    return [`${year}-${month}-${day}`, `${hour}:${minute}`];
  };
  const [day, time] = written(new Date(value));
  return day === written(new Date())[0] ? time : `${day} ${time}`;
}
