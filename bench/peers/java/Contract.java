import java.io.BufferedReader;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.CyclicBarrier;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/** The contract of bench/contract.py for engines in a JVM: each client is a thread, a lane of the answer. */
public final class Contract {
    /** What an engine does; every call is durable when it returns. */
    public interface Engine {
        String what();

        String start(String model, Map<String, Object> variables);

        /** The open tasks of these instances. */
        List<String> tasks(List<String> instances);

        void complete(String task, Map<String, Object> variables);

        long left();
    }

    private static final int CHUNK = 10;
    private static final Pattern TEXT = Pattern.compile("\"(do|model)\": \"(\\w+)\"");
    private static final Pattern NUMBER = Pattern.compile("\"seconds\": ([0-9.]+)");

    private Contract() {}

    /** JDBC address from `postgresql://user@host:port/database`. */
    public static String jdbc(String url) {
        Matcher parts = Pattern.compile("postgresql://(\\w+)@([^/]+)/(\\w+)").matcher(url);
        if (!parts.matches()) {
            throw new IllegalArgumentException(url);
        }
        return "jdbc:postgresql://" + parts.group(2) + "/" + parts.group(3) + "?user=" + parts.group(1);
    }

    public static String model(String folder, String name) throws IOException {
        return Files.readString(Path.of(folder, name + ".bpmn"));
    }

    /** Answer orders until there are no more. */
    public static void serve(Engine engine, int clients) throws Exception {
        PrintStream answers = new PrintStream(new FileOutputStream(FileDescriptor.out), true, StandardCharsets.UTF_8);
        System.setOut(System.err);
        answers.println("{\"ready\": \"" + engine.what() + "\"}");
        BufferedReader orders = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
        for (String line = orders.readLine(); line != null; line = orders.readLine()) {
            Map<String, String> texts = TEXT.matcher(line).results()
                .collect(Collectors.toMap(found -> found.group(1), found -> found.group(2)));
            if (texts.get("do").equals("check")) {
                answers.println("{\"left\": " + engine.left() + "}");
                continue;
            }
            Matcher seconds = NUMBER.matcher(line);
            if (!seconds.find()) {
                throw new IllegalArgumentException(line);
            }
            answers.println("{\"lanes\": " + run(engine, clients, texts.get("model"), Double.parseDouble(seconds.group(1))) + "}");
        }
        System.exit(0);
    }

    private static List<String> run(Engine engine, int clients, String model, double seconds) throws Exception {
        String[] lanes = new String[clients];
        List<Thread> threads = new ArrayList<>();
        List<Exception> wrong = new ArrayList<>();
        CyclicBarrier together = new CyclicBarrier(clients);
        for (int number = 0; number < clients; number++) {
            int lane = number;
            Thread thread = new Thread(() -> {
                try {
                    together.await();
                    lanes[lane] = lane(engine, model, seconds);
                } catch (Exception error) {
                    synchronized (wrong) {
                        wrong.add(error);
                    }
                }
            });
            thread.start();
            threads.add(thread);
        }
        for (Thread thread : threads) {
            thread.join();
        }
        if (!wrong.isEmpty()) {
            throw wrong.get(0);
        }
        return List.of(lanes);
    }

    private static String lane(Engine engine, String model, double seconds) {
        List<String> starts = new ArrayList<>();
        List<String> completions = new ArrayList<>();
        long begun = System.nanoTime();
        int instances = 0;
        while (System.nanoTime() - begun < seconds * 1e9) {
            List<String> started = new ArrayList<>();
            for (int n = 0; n < CHUNK; n++) {
                long at = System.nanoTime();
                started.add(engine.start(model, Map.of("amount", 150, "customer", "c")));
                starts.add(milliseconds(at));
            }
            if (model.equals("B1")) {
                List<String> found = engine.tasks(started);
                if (found.size() != started.size()) {
                    throw new IllegalStateException(started.size() + " were started, " + found.size() + " tasks are open");
                }
                for (String task : found) {
                    long at = System.nanoTime();
                    engine.complete(task, Map.of("approved", true));
                    completions.add(milliseconds(at));
                }
            }
            instances += started.size();
        }
        return String.format(Locale.ROOT, "{\"instances\": %d, \"seconds\": %.6f, \"start_ms\": %s, \"complete_ms\": %s}",
            instances, (System.nanoTime() - begun) / 1e9, starts, completions);
    }

    private static String milliseconds(long since) {
        return String.format(Locale.ROOT, "%.4f", (System.nanoTime() - since) / 1e6);
    }
}
