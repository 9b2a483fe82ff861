// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.guest.jvm.vhostuser;

import dev.paravirt.linux.FileDescriptor;
import dev.paravirt.linux.UnixSocket;
import dev.paravirt.spec.vhostuser.BackEndRequest;
import dev.paravirt.spec.vhostuser.MessageHeader;
import dev.paravirt.vhostuser.Message;
import dev.paravirt.vhostuser.MessageChannel;
import dev.paravirt.vhostuser.ProtocolException;
import java.io.IOException;
import java.util.List;

/** The channel on which a back-end asks for something ("Back-end message types"). */
final class BackEndRequests implements AutoCloseable {
    /** One that never stops asking does not keep others waiting. */
    private static final int MOST_AT_ONCE = 64;

    private static final long DONE = 0;
    private static final long REFUSED = 1;

    private final MessageChannel channel;
    private boolean ended;

    BackEndRequests(UnixSocket socket) {
        this.channel = new MessageChannel(socket);
    }

    FileDescriptor socket() {
        return channel.socket().descriptor();
    }

    /** Whether the back-end has closed its end, which it may: nothing will come any more. */
    boolean ended() {
        return ended;
    }

    /**
     * Answers everything that is there.
     *
     * @return whether the configuration changed
     * @throws IOException if it is nothing that a back-end may send
     */
    boolean serve() throws IOException {
        boolean changed = false;
        for (int served = 0; served < MOST_AT_ONCE && !ended && channel.socket().awaitReadable(0); served++) {
            try (Message message = channel.receive()) {
                if (message == null) {
                    ended = true;
                    return changed;
                }
                if (message.descriptorCount() != 0 || (message.flags() & MessageHeader.REPLY) != 0) {
                    throw new ProtocolException("request " + message.request() + " of the back-end with flags 0x"
                            + Integer.toHexString(message.flags()) + " and " + message.descriptorCount()
                            + " descriptors");
                }
                boolean known = message.request() == BackEndRequest.CONFIG_CHANGE_MSG;
                changed |= known;
                if (message.needsReply()) {
                    channel.send(
                            message.request(),
                            MessageHeader.REPLY,
                            Message.payloadOf(known ? DONE : REFUSED),
                            List.of());
                }
            }
        }
        return changed;
    }

    @Override
    public void close() {
        channel.close();
    }
}
