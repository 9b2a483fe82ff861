// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.cli.compare.workload;

import dev.paravirt.cli.compare.carrier.FrameFormat;
import dev.paravirt.cli.compare.carrier.Guest;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Ethernet frames: an NE2000 against virtio network devices. */
final class NetContenders implements ContenderFactory {
    private static final int SMALL = FrameFormat.SHORTEST;
    private static final int FULL = FrameFormat.LONGEST;
    private static final int DEPTH = VirtioDrivers.DEPTH;
    private static final int WINDOW = 4 * DEPTH;

    /** What an NE2000 has room for: a page is 256 bytes, a full frame takes six of 58, and one stays free. */
    private static final int SMALL_IN_CARD = 48;

    private static final int FULL_IN_CARD = 9;

    private enum Way {
        SEND,
        RECEIVE,
        ECHO
    }

    private record Shape(Way way, int length) {}

    private final Map<Workload, Shape> shapes = new LinkedHashMap<>();

    NetContenders() {
        for (int length : new int[] {SMALL, FULL}) {
            String bytes = " of " + length + " bytes";
            add(
                    "net-send-" + length,
                    "sending frames" + bytes,
                    "The peer counts what arrives whole and in order, and is asked after each turn.",
                    new Shape(Way.SEND, length));
            add(
                    "net-receive-" + length,
                    "receiving frames" + bytes,
                    "The guest asks the peer for frames, and checks the numbers of each.",
                    new Shape(Way.RECEIVE, length));
            add(
                    "net-echo-" + length,
                    "round trips of frames" + bytes,
                    "The peer sends each frame back; the guest checks the numbers of each.",
                    new Shape(Way.ECHO, length));
        }
    }

    private void add(String name, String title, String meaning, Shape shape) {
        boolean hasLatency = shape.way() == Way.ECHO;
        shapes.put(new Workload(name, Family.NET, title, meaning, "frame", shape.length(), hasLatency), shape);
    }

    @Override
    public List<Workload> workloads() {
        return List.copyOf(shapes.keySet());
    }

    @Override
    public List<Contender> contenders(Workload workload, Drivers drivers) {
        Shape shape = shapes.get(workload);
        if (shape == null) {
            throw new IllegalArgumentException(workload.name());
        }
        Builder builder = new Builder(workload, shape, new ArrayList<>());
        Guest trapped = drivers.trapped.guest();
        int inCard = shape.length() == SMALL ? SMALL_IN_CARD : FULL_IN_CARD;
        int depth = shape.way() == Way.RECEIVE ? inCard : 1;
        Station words = new Ne2000Station(drivers.trapped.cardByWords());
        Station strings = new Ne2000Station(drivers.trapped.cardByStrings());
        builder.add(ContenderNames.TRAPPED_WORDS, trapped, words, depth, 0);
        builder.add(ContenderNames.TRAPPED_STRINGS, trapped, strings, depth, 0);
        int[] depths = switch (shape.way()) {
            case SEND -> new int[] {DEPTH};
            case RECEIVE -> new int[] {WINDOW};
            case ECHO -> new int[] {1, DEPTH};
        };
        for (int many : depths) {
            builder.addVirtio(ContenderNames.MMIO, drivers.mmio, Waiting.INTERRUPTS, many);
            builder.addVirtio(ContenderNames.HYPERCALL, drivers.hypercall, Waiting.INTERRUPTS, many);
            builder.addVirtio(ContenderNames.HYPERCALL_POLLING, drivers.hypercall, Waiting.POLLING, many);
        }
        return builder.all();
    }

    private record Builder(Workload workload, Shape shape, List<Contender> all) {
        void addVirtio(String name, VirtioDrivers drivers, Waiting waiting, int depth) {
            add(name, drivers.guest(), new VirtioStation(drivers.net(), waiting), depth, depth / 2);
        }

        void add(String name, Guest guest, Station station, int depth, int refill) {
            Conversation conversation = new Conversation(name, station);
            Work work = switch (shape.way()) {
                case SEND -> FrameWork.sending(conversation, shape.length(), depth);
                case RECEIVE -> FrameWork.receiving(conversation, shape.length(), depth, refill);
                case ECHO -> FrameWork.echoing(conversation, shape.length(), depth);
            };
            all.add(new Contender(workload, name, depth, guest, work));
        }
    }
}
