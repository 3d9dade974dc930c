import java.util.Map;
import org.apache.kafka.common.errors.PolicyViolationException;
import org.apache.kafka.server.policy.CreateTopicPolicy;

/** What services and companies refuse, by the last word of a topic's name. */
public class PolicyByName implements CreateTopicPolicy {
    @Override
    public void validate(RequestMetadata topic) {
        if (topic.topic().endsWith(".serverless")
                && topic.configs().containsKey("min.insync.replicas")) {
            throw new PolicyViolationException(
                "Unsupported topic configuration: min.insync.replicas");
        }
        if (topic.topic().endsWith(".failing")) {
            throw new IllegalStateException("a mistake in the policy itself");
        }
    }

    @Override
    public void configure(Map<String, ?> configs) { }

    @Override
    public void close() { }
}
