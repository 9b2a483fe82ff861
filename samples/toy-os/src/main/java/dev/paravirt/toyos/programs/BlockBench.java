// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.toyos.programs;

import dev.paravirt.toyos.abi.Errno;
import dev.paravirt.toyos.abi.Layout;
import dev.paravirt.toyos.abi.WorkloadOperation;
import java.util.ArrayList;
import java.util.List;

/**
 * blockbench OPERATIONS DEPTHS BLOCK MILLISECONDS [REQUESTS]: measures the scratch disk. OPERATIONS (random-read,
 * random-write, sequential-read, sequential-write, or all) and DEPTHS are lists parted by commas.
 */
final class BlockBench {

    private BlockBench() {}

    static int run(UserSpace user, Arguments arguments) throws UserException {
        List<WorkloadOperation> operations = operations(arguments.get(0));
        String[] depths = arguments.get(1).split(",");
        int blockSize = (int) arguments.number(2);
        long nanos = arguments.number(3) * 1_000_000;
        long requests = arguments.count() > 4 ? arguments.number(4) : Long.MAX_VALUE;
        int total = operations.size() * depths.length;
        int done = 0;
        boolean failed = false;
        for (WorkloadOperation operation : operations) {
            for (String depth : depths) {
                progress(user, ++done, total, operation.label() + " at queue depth " + depth);
                failed |= measure(user, operation, depth(depth), blockSize, requests, nanos);
            }
        }
        return failed ? 1 : 0;
    }

    private static boolean measure(
            UserSpace user, WorkloadOperation operation, int depth, int blockSize, long requests, long nanos)
            throws UserException {
        user.workload(operation.ordinal(), depth, blockSize, requests, nanos);
        long completed = user.result(Layout.RESULT_REQUESTS);
        double seconds = user.result(Layout.RESULT_NANOS) / 1e9;
        double each = Math.max(1, completed);
        user.report(Report.event("workload")
                .field("operation", operation.label())
                .field("queueDepth", depth)
                .field("blockSize", blockSize)
                .field("requests", completed)
                .field("errors", user.result(Layout.RESULT_ERRORS))
                .decimal("seconds", seconds)
                .decimal("iops", completed / seconds)
                .decimal("mbPerSecond", completed * (double) blockSize / seconds / 1e6)
                .decimal("p50Micros", user.result(Layout.RESULT_P50) / 1e3)
                .decimal("p99Micros", user.result(Layout.RESULT_P99) / 1e3)
                .decimal("p999Micros", user.result(Layout.RESULT_P999) / 1e3)
                .decimal("maxMicros", user.result(Layout.RESULT_MAXIMUM) / 1e3)
                .decimal("doorbellsPerRequest", user.result(Layout.RESULT_DOORBELLS) / each)
                .decimal("interruptsPerRequest", user.result(Layout.RESULT_INTERRUPTS) / each));
        return user.result(Layout.RESULT_ERRORS) > 0;
    }

    private static void progress(UserSpace user, int done, int total, String what) throws UserException {
        user.report(Report.event("progress")
                .field("program", "blockbench")
                .field("step", done)
                .field("steps", total)
                .field("what", what));
    }

    private static List<WorkloadOperation> operations(String list) throws UserException {
        if (list.equals("all")) {
            return List.of(WorkloadOperation.values());
        }
        List<WorkloadOperation> operations = new ArrayList<>();
        for (String label : list.split(",")) {
            operations.add(operation(label));
        }
        return operations;
    }

    private static WorkloadOperation operation(String label) throws UserException {
        for (WorkloadOperation operation : WorkloadOperation.values()) {
            if (operation.label().equals(label)) {
                return operation;
            }
        }
        throw new UserException(label + " is not an operation", Errno.INVALID_ARGUMENT);
    }

    private static int depth(String text) throws UserException {
        try {
            return Integer.parseInt(text);
        } catch (NumberFormatException notANumber) {
            throw new UserException(text + " is not a queue depth", Errno.INVALID_ARGUMENT);
        }
    }
}
