import com.zaxxer.hikari.HikariDataSource;
import java.util.List;
import java.util.Map;
import org.flowable.engine.ProcessEngine;
import org.flowable.engine.ProcessEngineConfiguration;
import org.flowable.engine.impl.cfg.StandaloneProcessEngineConfiguration;
import org.flowable.common.engine.impl.history.HistoryLevel;
import org.flowable.task.api.Task;

/** Flowable embedded, full history, the async executor off because the models have no jobs. */
public final class Main implements Contract.Engine {
    private final ProcessEngine engine;

    private Main(String models, String url, int clients) throws Exception {
        HikariDataSource pool = new HikariDataSource();
        pool.setJdbcUrl(Contract.jdbc(url));
        pool.setMaximumPoolSize(clients + 1);
        StandaloneProcessEngineConfiguration configuration = new StandaloneProcessEngineConfiguration();
        configuration.setDataSource(pool);
        configuration.setDatabaseSchemaUpdate(ProcessEngineConfiguration.DB_SCHEMA_UPDATE_TRUE);
        configuration.setHistoryLevel(HistoryLevel.FULL);
        configuration.setAsyncExecutorActivate(false);
        engine = configuration.buildProcessEngine();
        for (String name : List.of("B1", "B2")) {
            engine.getRepositoryService().createDeployment()
                .addString(name + ".bpmn", translated(Contract.model(models, name))).deploy();
        }
    }

    /** Its own name for the attributes that the models have under Camunda's. */
    private static String translated(String model) {
        return model.replace("http://camunda.org/schema/1.0/bpmn", "http://flowable.org/bpmn")
            .replace("camunda:resultVariable=", "camunda:resultVariableName=");
    }

    @Override
    public String what() {
        return "Flowable " + ProcessEngine.VERSION + ", JVM " + Runtime.version().feature();
    }

    @Override
    public String start(String model, Map<String, Object> variables) {
        return engine.getRuntimeService().startProcessInstanceByKey(model, variables).getId();
    }

    @Override
    public List<String> tasks(List<String> instances) {
        return engine.getTaskService().createTaskQuery().processInstanceIdIn(instances).list()
            .stream().map(Task::getId).toList();
    }

    @Override
    public void complete(String task, Map<String, Object> variables) {
        engine.getTaskService().complete(task, variables);
    }

    @Override
    public long left() {
        return engine.getRuntimeService().createProcessInstanceQuery().count();
    }

    public static void main(String[] arguments) throws Exception {
        int clients = Integer.parseInt(System.getenv().getOrDefault("BENCH_CLIENTS", "1"));
        Contract.serve(new Main(arguments[0], arguments[1], clients), clients);
    }
}
