// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.cli.demo;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.locks.LockSupport;

/**
 * A directory for sockets and images of one run. It is deleted and all child processes are ended when it is closed, and
 * also when this JVM is asked to end before, as by Ctrl-C.
 */
final class WorkFolder implements AutoCloseable {
    private final Path path;
    private final Thread atExit;
    private final List<Process> children = new ArrayList<>();
    private boolean ending;

    private WorkFolder(Path path) {
        this.path = path;
        atExit = new Thread(this::cleanUpAtExit, "paravirt-clean-up");
    }

    static WorkFolder create() throws IOException {
        WorkFolder folder = new WorkFolder(Files.createTempDirectory("paravirt-demo"));
        Runtime.getRuntime().addShutdownHook(folder.atExit);
        return folder;
    }

    Path path() {
        return path;
    }

    /** Starts a process that does not outlive this object. Does not return if this JVM is ending. */
    Process start(ProcessBuilder builder) throws IOException {
        while (true) {
            synchronized (children) {
                if (!ending) {
                    Process child = builder.start();
                    children.add(child);
                    return child;
                }
            }
            pauseIfEnding();
        }
    }

    /** Does not return if this JVM is ending: that its children end then is no reason to go on to something else. */
    void pauseIfEnding() {
        while (isEnding()) {
            LockSupport.park(this);
        }
    }

    private boolean isEnding() {
        synchronized (children) {
            return ending;
        }
    }

    private void cleanUpAtExit() {
        System.err.println();
        System.err.println(
                "paravirt: interrupted; the toy OS is ended, and what it did since its last sync may be lost");
        synchronized (children) {
            ending = true;
        }
        endChildren();
        try {
            Folders.delete(path);
        } catch (IOException failure) {
            System.err.println("paravirt: " + path + " could not be deleted: " + failure.getMessage());
        }
    }

    private void endChildren() {
        synchronized (children) {
            for (Process child : children) {
                child.destroyForcibly();
                child.onExit().join();
            }
        }
    }

    @Override
    public void close() throws IOException {
        endChildren();
        Folders.delete(path);
        try {
            Runtime.getRuntime().removeShutdownHook(atExit);
        } catch (IllegalStateException alreadyEnding) {
            // Then the hook does it once more, which does no harm.
            return;
        }
    }
}
