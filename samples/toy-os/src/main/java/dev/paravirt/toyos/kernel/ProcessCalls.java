// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.toyos.kernel;

import dev.paravirt.toyos.abi.Errno;
import dev.paravirt.toyos.abi.Layout;
import java.util.List;

/** The system calls on running programs. */
final class ProcessCalls {
    private static final int DESCRIPTOR_BITS = 16;
    private static final int DESCRIPTOR_MASK = 0xFFFF;
    private static final int MOST_STATUS = 255;
    private static final int NEW_GROUP = -1;
    private static final int OWN_GROUP = 0;
    private static final int LOOK = 1;

    private final Scheduler scheduler;
    private final ProgramLoader loader;
    private final Power power;

    ProcessCalls(Scheduler scheduler, ProgramLoader loader, Power power) {
        this.scheduler = scheduler;
        this.loader = loader;
        this.power = power;
    }

    long spawn(Process process, String commandLine) throws SystemCallException {
        String[] words = CommandLine.split(commandLine);
        return start(process, words, new long[] {0, 1, 2}, OWN_GROUP);
    }

    /** @param packed three descriptors of the caller's, 16 bits each */
    long start(Process process, String text, long packed, long group) throws SystemCallException {
        if (!text.endsWith("\0")) {
            throw new SystemCallException(Errno.INVALID_ARGUMENT);
        }
        long[] descriptors = new long[Process.STANDARD];
        for (int i = 0; i < descriptors.length; i++) {
            descriptors[i] = packed >>> i * DESCRIPTOR_BITS & DESCRIPTOR_MASK;
        }
        return start(process, text.substring(0, text.length() - 1).split("\0", -1), descriptors, group);
    }

    private long start(Process process, String[] words, long[] descriptors, long group) throws SystemCallException {
        if (words.length == 0 || loader.find(words[0]) == null) {
            throw new SystemCallException(Errno.NOT_FOUND);
        }
        if (power.isOff()) {
            throw new SystemCallException(Errno.NOT_PERMITTED);
        }
        OpenDescriptor[] streams = new OpenDescriptor[descriptors.length];
        for (int i = 0; i < streams.length; i++) {
            streams[i] = process.descriptor(descriptors[i]);
        }
        int joined = group == OWN_GROUP ? process.group : (int) group;
        Process started = new Process(streams, process.directory(), joined);
        Task task = loader.start(words, started);
        if (group == NEW_GROUP) {
            started.group = task.number();
        }
        process.children.put(task.number(), task);
        return task.number();
    }

    long await(Process process, long number, long how) throws SystemCallException {
        Task child = process.children.get((int) number);
        if (child == null || child.number() != number) {
            throw new SystemCallException(Errno.NO_CHILD);
        }
        if (how == LOOK && child.state() != TaskState.ENDED) {
            throw new SystemCallException(Errno.NOT_YET);
        }
        if (!scheduler.awaitUnlessStopped(() -> child.state() == TaskState.ENDED)) {
            throw new SystemCallException(Errno.INTERRUPTED);
        }
        process.children.remove((int) number);
        return scheduler.join(child) & MOST_STATUS;
    }

    long kill(long number, long status) throws SystemCallException {
        if (number == 0) {
            throw new SystemCallException(Errno.NOT_PERMITTED);
        }
        loader.stop(number, (int) status & MOST_STATUS);
        return 0;
    }

    long task(UserMemory memory, long index, long address, long size) throws SystemCallException {
        List<Task> tasks = scheduler.tasks();
        if (index < 0 || index >= tasks.size()) {
            return 0;
        }
        Task task = tasks.get((int) index);
        memory.check(address, size);
        int name = memory.putText(
                address + Layout.TASK_NAME_LENGTH, address + Layout.TASK_NAME, task.name(), address + size);
        memory.putInt(address + Layout.TASK_NUMBER, task.number());
        memory.putInt(address + Layout.TASK_STATE, task.state().ordinal());
        memory.putLong(address + Layout.TASK_SWITCHES, task.switches());
        memory.putLong(address + Layout.TASK_CPU_TIME, task.cpuNanos());
        return Layout.TASK_NAME + (long) name;
    }

    long pipe(Process process, long address) throws SystemCallException {
        UserMemory memory = process.memory;
        memory.check(address, 2L * Integer.BYTES);
        Pipe pipe = new Pipe(scheduler);
        int output = process.freeDescriptor();
        process.open(output, pipe.output());
        int input;
        try {
            input = process.freeDescriptor();
        } catch (SystemCallException full) {
            process.close(output);
            throw full;
        }
        process.open(input, pipe.input());
        memory.putInt(address, output);
        memory.putInt(address + Integer.BYTES, input);
        return 0;
    }

    /** Never returns to the program: it is told to end, like all others. */
    long powerOff(long status) {
        power.off((int) status & MOST_STATUS);
        loader.stopAll(0);
        return 0;
    }
}
