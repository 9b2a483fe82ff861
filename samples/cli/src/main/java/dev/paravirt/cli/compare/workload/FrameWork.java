// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.cli.compare.workload;

import dev.paravirt.cli.compare.carrier.FrameFormat;
import java.io.IOException;

/** What is done with frames. After each turn, the peer is asked whether it got all. */
final class FrameWork {
    private FrameWork() {}

    /** To the peer, which drops them; made visible to the device in batches. */
    static Work sending(Conversation conversation, int length, int batch) {
        return turn -> {
            while (turn.goesOn()) {
                for (int i = 0; i < batch; i++) {
                    conversation.send(FrameFormat.TAKE, length);
                }
                conversation.flush();
                turn.completed(batch);
            }
            conversation.report();
        };
    }

    /**
     * From the peer, which makes as many as it is asked for.
     *
     * @param window frames that may be on their way
     * @param refill asked for are as many as there is room for when no more than this are on their way
     */
    static Work receiving(Conversation conversation, int length, int window, int refill) {
        return turn -> {
            long next = 0;
            long asked = 0;
            while (turn.goesOn()) {
                if (asked - next <= refill) {
                    int count = (int) (window - (asked - next));
                    conversation.ask(count, length);
                    asked += count;
                }
                conversation.receive(next++, length);
                turn.completed(1);
            }
            while (next < asked) {
                conversation.receive(next++, length);
                turn.completed(1);
            }
            conversation.report();
        };
    }

    /** To the peer and back, so many side by side. */
    static Work echoing(Conversation conversation, int length, int depth) {
        return new Echoes(conversation, length, depth);
    }

    private static final class Echoes implements Work {
        private final Conversation conversation;
        private final int length;
        private final long[] beganOf;

        Echoes(Conversation conversation, int length, int depth) {
            this.conversation = conversation;
            this.length = length;
            this.beganOf = new long[depth];
        }

        @Override
        public void run(Turn turn) throws IOException {
            long sent = 0;
            long back = 0;
            while (turn.goesOn()) {
                while (sent - back < beganOf.length) {
                    beganOf[(int) (sent % beganOf.length)] = turn.begin();
                    conversation.send(FrameFormat.ECHO, length);
                    sent++;
                }
                conversation.flush();
                back = receive(back, turn);
                while (back < sent && conversation.hasReceived()) {
                    back = receive(back, turn);
                }
            }
            while (back < sent) {
                back = receive(back, turn);
            }
            conversation.report();
        }

        private long receive(long number, Turn turn) throws IOException {
            conversation.receive(number, length);
            turn.completed(beganOf[(int) (number % beganOf.length)]);
            return number + 1;
        }
    }
}
