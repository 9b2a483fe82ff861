// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.cli.trace;

import dev.paravirt.spec.trap.Exit;
import dev.paravirt.toyos.boot.MachineKind;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** A walk as lines: who did what, when, and for how long; each level further to the right than the one above it. */
final class WalkText {
    private static final double NANOS_PER_MICRO = 1e3;

    private final List<Span> walk;
    private final Registers registers;
    private final long begin;

    /** What the register of an exit is called. */
    @FunctionalInterface
    interface Registers {
        String name(int number, long address);
    }

    /** @param walk the program's system call first */
    WalkText(List<Span> walk, Registers registers) {
        this.walk = walk;
        this.registers = registers;
        this.begin = walk.getFirst().start();
    }

    /** @param walks of which this is the one in the middle */
    List<String> lines(MachineKind kind, int walks) {
        List<String> lines = new ArrayList<>();
        lines.add("machine " + kind + ": " + meaning(kind));
        lines.add(String.format(
                Locale.ROOT,
                "one read of %d bytes, the median of %d by its time; carrier: thread",
                WalkingProgram.BYTES,
                walks));
        lines.add("program: ring 3 or EL0; kernel: ring 0 or EL1; hypervisor: below ring 0, or EL2");
        lines.add("");
        lines.add("    at us   took us  level");
        Span call = walk.getFirst();
        lines.add(line(call, "READ of /dev/scratch: a system call"));
        int at = 1;
        while (at < walk.size()) {
            at = add(lines, at);
        }
        lines.add(String.format(
                Locale.ROOT, "%9.1f            program     goes on with %d bytes", micros(call.nanos()), call.what()));
        lines.add("");
        totals(lines, call);
        return lines;
    }

    private static String meaning(MachineKind kind) {
        return switch (kind) {
            case PARAVIRT -> "a virtio disk on hypercalls: the ring is memory, a doorbell tells of it";
            case MMIO -> "a virtio disk behind registers: the ring is memory, each access to a register an exit";
            case TRAPPED -> "an ATA disk in PIO mode: each access to a register is an exit";
        };
    }

    /** Adds what begins at a span, and all that repeats it; returns where it goes on. */
    private int add(List<String> lines, int first) {
        Span span = walk.get(first);
        if (span.kind() == Span.Kind.HANDLING) {
            return first + 1; // told with its exit
        }
        if (span.kind() != Span.Kind.EXIT) {
            lines.add(line(span, text(span, 1)));
            return first + 1;
        }
        int next = first;
        int count = 0;
        long nanos = 0;
        long handled = 0;
        List<Span> between = new ArrayList<>();
        while (next < walk.size() && isPartOf(walk.get(next), span)) {
            Span part = walk.get(next++);
            switch (part.kind()) {
                case EXIT -> {
                    count++;
                    nanos += part.nanos();
                }
                case HANDLING -> handled += part.nanos();
                default -> between.add(part);
            }
        }
        lines.add(line(
                new Span(span.level(), span.kind(), span.what(), span.address(), span.start(), span.start() + nanos),
                text(span, count)));
        lines.add(String.format(
                Locale.ROOT,
                "%9s %9.1f  %s",
                "",
                micros(handled),
                indented(Level.HYPERVISOR, count == 1 ? "handles it" : "handles them")));
        between.forEach(part -> lines.add(line(part, text(part, 1))));
        return next;
    }

    /** The same exit again, or what the hypervisor does at one. */
    private static boolean isPartOf(Span part, Span exit) {
        return part.level() == Level.HYPERVISOR
                || part.kind() == Span.Kind.EXIT && part.what() == exit.what() && part.address() == exit.address();
    }

    private String text(Span span, int count) {
        String times = count == 1 ? "" : count + " x ";
        return switch (span.kind()) {
            case SYSTEM_CALL -> "a system call";
            case EXIT ->
                times + access((int) span.what()) + " " + registers.name((int) span.what(), span.address())
                        + (count == 1 ? ": an exit" : ": exits");
            case HANDLING -> "handles it";
            case HYPERCALL -> "hypercall " + span.what();
            case DOORBELL -> "doorbell " + span.what() + ": an exit, for which it does not wait";
            case WAIT -> span.what() == 0 ? "waited in vain" : "waits: an interrupt on line " + span.address();
            case DISK -> "the device moves " + span.what() + " bytes from the disk";
        };
    }

    private static String access(int number) {
        return switch (number) {
            case Exit.PORT_IN -> "IN";
            case Exit.PORT_OUT -> "OUT";
            case Exit.PORT_IN_STRING -> "REP INS";
            case Exit.PORT_OUT_STRING -> "REP OUTS";
            case Exit.REGISTER_READ -> "read of";
            default -> "write of";
        };
    }

    private String line(Span span, String text) {
        return String.format(
                        Locale.ROOT,
                        "%9.1f %9.1f  %s",
                        micros(span.start() - begin),
                        micros(span.nanos()),
                        indented(span.level(), text))
                .stripTrailing();
    }

    private static String indented(Level level, String text) {
        return String.format("%-10s  %s%s", level, "  ".repeat(level.ordinal()), text);
    }

    private void totals(List<String> lines, Span call) {
        long exits = nanos(Span.Kind.EXIT) + nanos(Span.Kind.DOORBELL) + nanos(Span.Kind.HYPERCALL);
        long crossings = count(Span.Kind.EXIT) + count(Span.Kind.DOORBELL) + count(Span.Kind.HYPERCALL);
        long waited = nanos(Span.Kind.WAIT);
        lines.add(String.format(
                Locale.ROOT,
                "together %.1f us: %d %s %.1f, waits for interrupts %.1f, kernel and program %.1f",
                micros(call.nanos()),
                crossings,
                crossings == 1 ? "exit" : "exits",
                micros(exits),
                micros(waited),
                micros(call.nanos() - exits - waited)));
        lines.add(String.format(
                Locale.ROOT,
                "of that the hypervisor worked %.1f us at exits; its disk was busy for %.1f us",
                micros(nanos(Span.Kind.HANDLING)),
                micros(nanos(Span.Kind.DISK))));
    }

    private long nanos(Span.Kind kind) {
        return walk.stream()
                .filter(span -> span.kind() == kind)
                .mapToLong(Span::nanos)
                .sum();
    }

    private long count(Span.Kind kind) {
        return walk.stream().filter(span -> span.kind() == kind).count();
    }

    private static double micros(long nanos) {
        return nanos / NANOS_PER_MICRO;
    }
}
