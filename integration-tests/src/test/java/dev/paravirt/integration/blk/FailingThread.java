// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.integration.blk;

import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;

/** A thread whose failure is that of the test. */
public final class FailingThread {
    /** What it does. */
    public interface Work {
        void run() throws Exception;
    }

    private final CompletableFuture<Boolean> end = new CompletableFuture<>();

    private FailingThread() {}

    public static FailingThread start(Work work) {
        FailingThread started = new FailingThread();
        Thread.ofPlatform().daemon().start(() -> {
            try {
                work.run();
                started.end.complete(true);
            } catch (Exception | AssertionError failure) {
                started.end.completeExceptionally(failure);
            }
        });
        return started;
    }

    public void join() throws Exception {
        try {
            if (!end.get(120, TimeUnit.SECONDS)) {
                throw new AssertionError();
            }
        } catch (ExecutionException failure) {
            throw new AssertionError("in another thread", failure.getCause());
        }
    }
}
