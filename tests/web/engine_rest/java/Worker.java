import java.util.Date;
import java.util.Map;
import org.camunda.bpm.client.ExternalTaskClient;
import org.camunda.bpm.client.variable.ClientValues;
import org.camunda.bpm.engine.variable.Variables;

/** The published Java client as it is: works off the topic "print" until it is stopped. Arguments: address, token. */
public final class Worker {
    public static void main(String[] told) {
        ExternalTaskClient client = ExternalTaskClient.create()
            .baseUrl(told[0]).workerId("java").asyncResponseTimeout(10000).lockDuration(20000)
            .addInterceptor(request -> request.addHeader("Authorization", "Bearer " + told[1]))
            .build();
        client.subscribe("print").handler((task, service) -> {
            String what = task.getVariable("what");
            if ("fail".equals(what) && task.getRetries() == null) {
                service.handleFailure(task, "no paper", "tray 1 is empty", 1, 10);
            } else if ("jam".equals(what)) {
                service.handleBpmnError(task, "JAM", "stuck", Map.of("where", "tray 2"));
            } else {
                service.extendLock(task, 30000);
                service.complete(task, Variables.createVariables()
                    .putValue("half", 0.5).putValue("at", new Date(1772413200000L)).putValue("pages", 3)
                    .putValueTyped("told", ClientValues.jsonValue("{\"what\": \"" + what + "\"}"))
                    .putValueTyped("file", Variables.fileValue("页.txt").file("页".getBytes()).mimeType("text/plain").create()));
            }
            System.out.println("done " + what);
        }).open();
    }
}
