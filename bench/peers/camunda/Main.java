import com.zaxxer.hikari.HikariDataSource;
import java.util.List;
import java.util.Map;
import org.camunda.bpm.engine.ProcessEngine;
import org.camunda.bpm.engine.ProcessEngineConfiguration;
import org.camunda.bpm.engine.impl.cfg.StandaloneProcessEngineConfiguration;
import org.camunda.bpm.engine.task.Task;

/** Camunda 7 embedded, full history, the job executor off because the models have no jobs. */
public final class Main implements Contract.Engine {
    private final ProcessEngine engine;

    private Main(String models, String url, int clients) throws Exception {
        HikariDataSource pool = new HikariDataSource();
        pool.setJdbcUrl(Contract.jdbc(url));
        pool.setMaximumPoolSize(clients + 1);
        StandaloneProcessEngineConfiguration configuration = new StandaloneProcessEngineConfiguration();
        configuration.setDataSource(pool);
        configuration.setDatabaseSchemaUpdate(ProcessEngineConfiguration.DB_SCHEMA_UPDATE_TRUE);
        configuration.setHistory(ProcessEngineConfiguration.HISTORY_FULL);
        configuration.setJobExecutorActivate(false);
        configuration.setMetricsEnabled(false);
        engine = configuration.buildProcessEngine();
        for (String name : List.of("B1", "B2")) {
            engine.getRepositoryService().createDeployment()
                .addString(name + ".bpmn", Contract.model(models, name)).deploy();
        }
    }

    @Override
    public String what() {
        return "Camunda 7 " + ProcessEngine.class.getPackage().getImplementationVersion() + ", JVM " + Runtime.version().feature();
    }

    @Override
    public String start(String model, Map<String, Object> variables) {
        return engine.getRuntimeService().startProcessInstanceByKey(model, variables).getId();
    }

    @Override
    public List<String> tasks(List<String> instances) {
        return engine.getTaskService().createTaskQuery().processInstanceIdIn(instances.toArray(new String[0])).list()
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
