// Push credentials with Java's own HTTP client: create, page through, update, delete.

import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

import static java.nio.charset.StandardCharsets.UTF_8;

public class Client {
    static final String BASE = "https://notify.twilio.com/v1/Credentials";
    static final HttpClient HTTP = HttpClient.newHttpClient();

    public static void main(String[] arguments) throws Exception {
        List<String> sids = new ArrayList<>();
        for (String name : List.of("first", "second", "third")) {
            sids.add(field(create(name), "sid"));
        }
        System.out.println("created " + sids.size());

        List<String> paged = new ArrayList<>();
        for (String next = BASE + "?PageSize=1"; next != null; ) {
            HttpResponse<String> page = call("GET", next, Map.of());
            if (sids.contains(field(page, "sid"))) {
                paged.add(field(page, "friendly_name"));
            }
            next = field(page, "next_page_url");
        }
        System.out.println("paged " + String.join(",", paged));

        String second = BASE + "/" + sids.get(1);
        System.out.println("fetched " + field(call("GET", second, Map.of()), "friendly_name"));
        Map<String, String> change = Map.of("FriendlyName", "renamed");
        System.out.println("updated " + field(call("POST", second, change), "friendly_name"));
        for (String sid : sids) {
            call("DELETE", BASE + "/" + sid, Map.of());
        }
        System.out.println("deleted");

        HttpResponse<String> missing = call("GET", second, Map.of());
        System.out.println("missing " + missing.statusCode() + " " + field(missing, "code"));
        HttpResponse<String> busy = create("busy");
        System.out.println("busy " + busy.statusCode() + " " + field(busy, "code"));
    }

    static HttpResponse<String> create(String name) throws Exception {
        return call("POST", BASE, Map.of("Type", "fcm", "Secret", "server-key", "FriendlyName", name));
    }

    static HttpResponse<String> call(String method, String url, Map<String, String> form) throws Exception {
        String user = System.getenv("TWILIO_ACCOUNT_SID") + ":" + System.getenv("TWILIO_AUTH_TOKEN");
        String body = form.entrySet().stream()
            .map(one -> one.getKey() + "=" + URLEncoder.encode(one.getValue(), UTF_8))
            .collect(Collectors.joining("&"));
        HttpRequest request = HttpRequest.newBuilder(URI.create(url))
            .method(method, form.isEmpty() ? BodyPublishers.noBody() : BodyPublishers.ofString(body))
            .header("Authorization", "Basic " + Base64.getEncoder().encodeToString(user.getBytes(UTF_8)))
            .header("Content-Type", "application/x-www-form-urlencoded")
            .build();
        return HTTP.send(request, BodyHandlers.ofString());
    }

    /** The last value of that name; null where there is none. */
    static String field(HttpResponse<String> answer, String name) {
        var found = Pattern.compile("\"" + name + "\": \"?([^\",}]*)").matcher(answer.body());
        String value = null;
        while (found.find()) {
            value = found.group(1);
        }
        return "null".equals(value) ? null : value;
    }
}
