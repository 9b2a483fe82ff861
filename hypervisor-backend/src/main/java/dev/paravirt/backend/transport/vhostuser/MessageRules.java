// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.backend.transport.vhostuser;

import dev.paravirt.spec.vhostuser.FrontEndRequest;
import dev.paravirt.spec.vhostuser.MessageHeader;
import dev.paravirt.spec.vhostuser.Payload;
import dev.paravirt.spec.vhostuser.ProtocolFeatures;
import dev.paravirt.vhostuser.Message;
import dev.paravirt.vhostuser.ProtocolException;
import java.util.HashMap;
import java.util.Map;

/** What is to be checked of a request before anybody looks into it: flags, size, descriptors, and who may send it. */
final class MessageRules {
    private static final int ALWAYS = -1;
    private static final int KNOWN_FLAGS = MessageHeader.VERSION_MASK | MessageHeader.NEED_REPLY;

    /** @param feature the protocol feature that the request belongs to */
    private record Rule(int leastSize, int mostSize, int leastDescriptors, int mostDescriptors, int feature) {}

    private static final Map<Integer, Rule> RULES = rules();

    private MessageRules() {}

    private static Map<Integer, Rule> rules() {
        Map<Integer, Rule> rules = new HashMap<>();
        put(rules, 0, 0, ALWAYS, FrontEndRequest.GET_FEATURES, FrontEndRequest.SET_OWNER, FrontEndRequest.RESET_OWNER);
        put(rules, 0, 0, ALWAYS, FrontEndRequest.GET_PROTOCOL_FEATURES);
        put(rules, 0, 0, ProtocolFeatures.MQ, FrontEndRequest.GET_QUEUE_NUM);
        put(rules, 0, 0, ProtocolFeatures.RESET_DEVICE, FrontEndRequest.RESET_DEVICE);
        put(rules, 0, 0, ProtocolFeatures.CONFIGURE_MEM_SLOTS, FrontEndRequest.GET_MAX_MEM_SLOTS);
        put(rules, 0, 0, ProtocolFeatures.STATUS, FrontEndRequest.GET_STATUS);
        put(rules, 0, 1, ALWAYS, FrontEndRequest.SET_LOG_FD);
        put(rules, 0, 1, ProtocolFeatures.BACKEND_REQ, FrontEndRequest.SET_BACKEND_REQ_FD);
        int u64 = Payload.U64_SIZE;
        put(rules, u64, 0, ALWAYS, FrontEndRequest.SET_FEATURES, FrontEndRequest.SET_PROTOCOL_FEATURES);
        put(rules, u64, 0, ProtocolFeatures.STATUS, FrontEndRequest.SET_STATUS);
        put(rules, u64, 0, ProtocolFeatures.NET_MTU, FrontEndRequest.NET_SET_MTU);
        put(rules, u64, 0, ProtocolFeatures.RARP, FrontEndRequest.SEND_RARP);
        Rule doorbell = new Rule(u64, u64, 0, 1, ALWAYS);
        rules.put(FrontEndRequest.SET_VRING_KICK, doorbell);
        rules.put(FrontEndRequest.SET_VRING_CALL, doorbell);
        rules.put(FrontEndRequest.SET_VRING_ERR, doorbell);
        put(rules, 0, 0, ProtocolFeatures.DEVICE_STATE, FrontEndRequest.CHECK_DEVICE_STATE);
        put(rules, Payload.STATE_SIZE, 1, ProtocolFeatures.DEVICE_STATE, FrontEndRequest.SET_DEVICE_STATE_FD);
        int state = Payload.VRING_STATE_SIZE;
        put(rules, state, 0, ALWAYS, FrontEndRequest.SET_VRING_NUM, FrontEndRequest.SET_VRING_BASE);
        put(rules, state, 0, ALWAYS, FrontEndRequest.GET_VRING_BASE, FrontEndRequest.SET_VRING_ENABLE);
        put(rules, state, 0, ProtocolFeatures.INBAND_NOTIFICATIONS, FrontEndRequest.VRING_KICK);
        put(rules, Payload.ADDRESS_SIZE, 0, ALWAYS, FrontEndRequest.SET_VRING_ADDR);
        put(rules, Payload.LOG_SIZE, 1, ProtocolFeatures.LOG_SHMFD, FrontEndRequest.SET_LOG_BASE);
        int region = Payload.REGIONS + Payload.REGION_SIZE;
        put(rules, region, 1, ProtocolFeatures.CONFIGURE_MEM_SLOTS, FrontEndRequest.ADD_MEM_REG);
        // One descriptor is tolerated, as the protocol's own words say, and closed.
        rules.put(FrontEndRequest.REM_MEM_REG, new Rule(region, region, 0, 1, ProtocolFeatures.CONFIGURE_MEM_SLOTS));
        int table = Payload.REGIONS + Payload.MAX_REGIONS * Payload.REGION_SIZE;
        rules.put(FrontEndRequest.SET_MEM_TABLE, new Rule(Payload.REGIONS, table, 0, Payload.MAX_REGIONS, ALWAYS));
        int feature = ProtocolFeatures.INFLIGHT_SHMFD;
        int least = Payload.INFLIGHT_LEAST_SIZE;
        rules.put(FrontEndRequest.GET_INFLIGHT_FD, new Rule(least, Payload.INFLIGHT_SIZE, 0, 0, feature));
        rules.put(FrontEndRequest.SET_INFLIGHT_FD, new Rule(least, Payload.INFLIGHT_SIZE, 1, 1, feature));
        int config = Payload.CONFIG_BYTES + Payload.MAX_CONFIG_BYTES;
        Rule configuration = new Rule(Payload.CONFIG_BYTES, config, 0, 0, ProtocolFeatures.CONFIG);
        rules.put(FrontEndRequest.GET_CONFIG, configuration);
        rules.put(FrontEndRequest.SET_CONFIG, configuration);
        return Map.copyOf(rules);
    }

    private static void put(Map<Integer, Rule> rules, int size, int descriptors, int feature, int... requests) {
        for (int request : requests) {
            rules.put(request, new Rule(size, size, descriptors, descriptors, feature));
        }
    }

    /**
     * Checks a request.
     *
     * @param protocolFeatures those that were negotiated
     * @throws ProtocolException if it breaks a rule
     */
    static void check(Message message, long protocolFeatures) throws ProtocolException {
        Rule rule = RULES.get(message.request());
        String name = FrontEndRequest.describe(message.request());
        if (rule == null) {
            throw new ProtocolException(name + ", which is not known here");
        }
        if (rule.feature != ALWAYS && (protocolFeatures >>> rule.feature & 1) == 0) {
            throw new ProtocolException(name + " without the protocol feature that it belongs to, bit " + rule.feature);
        }
        if ((message.flags() & ~KNOWN_FLAGS) != 0) {
            throw new ProtocolException(name + " with flags 0x" + Integer.toHexString(message.flags()));
        }
        if (message.size() < rule.leastSize || message.size() > rule.mostSize) {
            throw new ProtocolException(name + " with a payload of " + message.size() + " bytes");
        }
        if (message.descriptorCount() < rule.leastDescriptors || message.descriptorCount() > rule.mostDescriptors) {
            throw new ProtocolException(name + " with " + message.descriptorCount() + " descriptors");
        }
    }
}
