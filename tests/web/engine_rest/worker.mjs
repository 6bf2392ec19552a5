// The published JavaScript client as it is: works off the topic `print`, says what it got, and stops by a signal.
// Arguments: the folder whose node_modules has the client, the address of /engine-rest, a token.
import { createRequire } from "node:module";
import { pathToFileURL } from "node:url";

const [home, baseUrl, token] = process.argv.slice(2);
const place = createRequire(`${home}/package.json`).resolve("camunda-external-task-client-js");
const { Client, Variables } = await import(pathToFileURL(place));

const signing = (options) => ({ ...options, headers: { ...options.headers, Authorization: `Bearer ${token}` } });
const client = new Client({
  baseUrl, workerId: "javascript", interval: 20, asyncResponseTimeout: 10000, lockDuration: 20000,
  interceptors: [signing],
});
client.on("poll:error", (error) => console.log(`poll:error ${error}`));

client.subscribe("print", async ({ task, taskService }) => {
  const what = task.variables.get("what");
  if (what === "fail" && task.retries === null) {
    await taskService.handleFailure(task, { errorMessage: "no paper", retries: 1, retryTimeout: 10 });
  } else if (what === "jam") {
    await taskService.handleBpmnError(task, "JAM", "stuck", new Variables().set("where", "tray 2"));
  } else {
    await taskService.extendLock(task, 30000);
    const results = new Variables();
    results.set("seen", task.variables.getAll());
    results.set("at", new Date("2026-03-02T01:00:00Z"));
    results.set("half", 0.5);
    results.setTyped("file", {
      type: "file", value: Buffer.from("页").toString("base64"), valueInfo: { filename: "页.txt", mimetype: "text/plain" },
    });
    await taskService.complete(task, results);
  }
  console.log(`done ${what}`);
});
