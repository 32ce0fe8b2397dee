package hello;

import static org.junit.jupiter.api.Assertions.assertEquals;

import com.sun.net.httpserver.HttpServer;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import org.junit.jupiter.api.Test;

class MainTest {
    @Test
    void greetsTheWorldWhereThereIsNoName() {
        assertEquals("Hello, World!\n", Main.greeting(""));
        assertEquals("Hello, Ada!\n", Main.greeting("Ada"));
    }

    @Test
    void answersWithTheGreeting() throws Exception {
        HttpServer server = Main.server(0, null);
        server.start();
        try {
            URI address = URI.create("http://127.0.0.1:" + server.getAddress().getPort() + "/");
            HttpResponse<String> answer =
                    HttpClient.newHttpClient()
                            .send(HttpRequest.newBuilder(address).build(), HttpResponse.BodyHandlers.ofString());
            assertEquals(200, answer.statusCode());
            assertEquals("Hello, World!\n", answer.body());
        } finally {
            server.stop(0);
        }
    }
}
