import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.Base64;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;
import javax.security.auth.callback.Callback;
import javax.security.auth.callback.UnsupportedCallbackException;
import javax.security.auth.login.AppConfigurationEntry;
import org.apache.kafka.common.security.auth.AuthenticateCallbackHandler;
import org.apache.kafka.common.security.auth.SaslExtensionsCallback;
import org.apache.kafka.common.security.oauthbearer.OAuthBearerExtensionsValidatorCallback;
import org.apache.kafka.common.security.oauthbearer.OAuthBearerToken;
import org.apache.kafka.common.security.oauthbearer.OAuthBearerTokenCallback;
import org.apache.kafka.common.security.oauthbearer.OAuthBearerValidatorCallback;

/**
 * What Amazon's brokers do with a token, for one access key whose secret it has: the URL in it is
 * signed again, and must be for this region, valid now, and of this key and session. The principal
 * is the option of that name.
 */
public class PresignedUrlValidator implements AuthenticateCallbackHandler {
    private static final DateTimeFormatter TIME =
        DateTimeFormatter.ofPattern("yyyyMMdd'T'HHmmss'Z'").withZone(ZoneOffset.UTC);
    private Map<String, ?> options;

    @Override
    public void configure(Map<String, ?> configs, String mechanism, List<AppConfigurationEntry> jaas) {
        options = jaas.get(0).getOptions();
    }

    @Override
    public void close() {
    }

    @Override
    public void handle(Callback[] callbacks) throws UnsupportedCallbackException {
        for (Callback callback : callbacks) {
            if (callback instanceof OAuthBearerValidatorCallback wanted) {
                validate(wanted);
            } else if (callback instanceof OAuthBearerExtensionsValidatorCallback extensions) {
                extensions.inputExtensions().map().keySet().forEach(extensions::valid);
            } else if (callback instanceof OAuthBearerTokenCallback
                || callback instanceof SaslExtensionsCallback) {
                // A listener logs in as clients do, and has no use for a token of its own.
            } else {
                throw new UnsupportedCallbackException(callback);
            }
        }
    }

    private void validate(OAuthBearerValidatorCallback wanted) {
        try {
            wanted.token(check(wanted.tokenValue()));
        } catch (Exception refusal) {
            wanted.error("Access denied: " + refusal.getMessage(), null, null);
        }
    }

    private OAuthBearerToken check(String token) throws Exception {
        URI url = URI.create(new String(Base64.getUrlDecoder().decode(token), StandardCharsets.UTF_8));
        TreeMap<String, String> query = new TreeMap<>();
        for (String pair : url.getRawQuery().split("&")) {
            String[] parts = pair.split("=", 2);
            query.put(parts[0], parts[1]);
        }
        query.remove("User-Agent");
        String signature = query.remove("X-Amz-Signature");
        String date = query.get("X-Amz-Date");
        Instant signed = Instant.from(TIME.parse(date));
        Instant end = signed.plusSeconds(Long.parseLong(query.get("X-Amz-Expires")));
        String region = option("region");
        String scope = date.substring(0, 8) + "/" + region + "/kafka-cluster/aws4_request";
        must(url.getScheme().equals("https") && url.getPath().equals("/"), "the address");
        must(url.getHost().equals("kafka." + region + ".amazonaws.com"), "the region");
        must(query.get("Action").equals("kafka-cluster%3AConnect"), "the action");
        must(query.get("X-Amz-Credential").equals((option("accessKeyId") + "/" + scope).replace("/", "%2F")),
            "the credential");
        must(option("sessionToken").equals(query.getOrDefault("X-Amz-Security-Token", "none")), "the session");
        must(Instant.now().isBefore(end) && end.isBefore(Instant.now().plusSeconds(905)), "the time");
        must(signature(url.getHost(), query, date, scope).equals(signature), "the signature");
        return new Accepted(token, option("principal"), signed.toEpochMilli(), end.toEpochMilli());
    }

    private String signature(String host, TreeMap<String, String> query, String date, String scope)
        throws Exception {
        StringBuilder canonical = new StringBuilder();
        query.forEach((name, value) ->
            canonical.append(canonical.isEmpty() ? "" : "&").append(name).append("=").append(value));
        String request = "GET\n/\n" + canonical + "\nhost:" + host + "\n\nhost\n" + sha256("");
        String toSign = "AWS4-HMAC-SHA256\n" + date + "\n" + scope + "\n" + sha256(request);
        byte[] key = ("AWS4" + option("secretKey")).getBytes(StandardCharsets.UTF_8);
        for (String part : scope.split("/")) {
            key = hmac(key, part);
        }
        return HexFormat.of().formatHex(hmac(key, toSign));
    }

    private String option(String name) {
        return (String) options.get(name);
    }

    private static void must(boolean holds, String what) {
        if (!holds) {
            throw new IllegalArgumentException(what);
        }
    }

    private static String sha256(String text) throws Exception {
        MessageDigest digest = MessageDigest.getInstance("SHA-256");
        return HexFormat.of().formatHex(digest.digest(text.getBytes(StandardCharsets.UTF_8)));
    }

    private static byte[] hmac(byte[] key, String text) throws Exception {
        Mac mac = Mac.getInstance("HmacSHA256");
        mac.init(new SecretKeySpec(key, "HmacSHA256"));
        return mac.doFinal(text.getBytes(StandardCharsets.UTF_8));
    }

    private record Accepted(String value, String principalName, Long startTimeMs, long lifetimeMs)
        implements OAuthBearerToken {
        @Override
        public Set<String> scope() {
            return Set.of();
        }
    }
}
