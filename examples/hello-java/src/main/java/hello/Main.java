package hello;

import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;

/** Answers every request with a greeting. */
public final class Main {
    private Main() {}

    /** Returns the text for a name; an empty name greets the world. */
    static String greeting(String name) {
        return "Hello, " + (name == null || name.isEmpty() ? "World" : name) + "!\n";
    }

    /** Returns a server that greets a name, not started yet. */
    static HttpServer server(int port, String name) throws IOException {
        HttpServer server = HttpServer.create(new InetSocketAddress(port), 0);
        byte[] body = greeting(name).getBytes(StandardCharsets.UTF_8);
        server.createContext(
                "/",
                exchange -> {
                    exchange.sendResponseHeaders(200, body.length);
                    exchange.getResponseBody().write(body);
                    exchange.close();
                });
        return server;
    }

    public static void main(String[] arguments) throws IOException {
        int port = Integer.parseInt(System.getenv().getOrDefault("PORT", "8080"));
        server(port, System.getenv("NAME")).start();
        System.out.println("listening on port " + port);
    }
}
