// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.integration.toyos;

import dev.paravirt.backend.blk.BlockDevice;
import dev.paravirt.backend.blk.BlockOptions;
import dev.paravirt.backend.blk.MemoryImage;
import dev.paravirt.backend.net.NetBackend;
import dev.paravirt.backend.net.NetDevice;
import dev.paravirt.backend.transport.hypercall.LocalGuest;
import dev.paravirt.backend.transport.hypercall.MachineOptions;
import dev.paravirt.cli.toyos.LocalMachine;
import dev.paravirt.cli.toyos.MachineParts;
import dev.paravirt.guest.jvm.JvmPlatform;
import dev.paravirt.memory.GuestMemory;
import dev.paravirt.memory.MemoryRegion;
import dev.paravirt.toyos.block.BlockCache;
import dev.paravirt.toyos.boot.BootOptions;
import dev.paravirt.toyos.boot.MachineKind;
import dev.paravirt.toyos.boot.ToyOs;
import dev.paravirt.toyos.fat32.Fat32Formatter;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/** The toy OS with an empty disk in memory and a network card, running a script. */
final class ToyOsGuest implements AutoCloseable {
    private static final int MEMORY = 32 << 20;
    private static final long DISK = 160L << 20;
    private static final long PATIENCE_SECONDS = 100;

    private final Runnable end;
    private final ByteArrayOutputStream printed = new ByteArrayOutputStream();
    private final CompletableFuture<Integer> status = new CompletableFuture<>();

    private ToyOsGuest(NetDevice card, List<String> words) throws IOException {
        MemoryImage disk = disk();
        GuestMemory memory = memory();
        LocalGuest guest = LocalGuest.start(
                memory,
                List.of(new BlockDevice(disk, new BlockOptions().serial("root")), card),
                1,
                MachineOptions.DEFAULT.withConsole(this::print));
        end = guest::close;
        boot(
                MachineKind.PARAVIRT,
                JvmPlatform.of(memory, guest::hypercall, guest::notify, guest::waitForInterrupt),
                words);
    }

    private ToyOsGuest(MachineKind kind, NetBackend network, String mac, List<String> words) throws IOException {
        LocalMachine started =
                LocalMachine.start(kind, memory(), new MachineParts(disk(), null, network, mac, null), this::print);
        end = started::close;
        boot(kind, started.platform(), words);
    }

    private static MemoryImage disk() throws IOException {
        MemoryImage disk = new MemoryImage(DISK);
        Fat32Formatter.format(new BlockCache(new ImageVolume(disk), 1 << 20), "TOYOS", 1);
        return disk;
    }

    private static GuestMemory memory() {
        return new GuestMemory(new MemoryRegion(0x4000_0000L, Arena.ofAuto().allocate(MEMORY, 4096)));
    }

    private void boot(MachineKind kind, JvmPlatform platform, List<String> words) {
        Thread.ofPlatform().daemon().name("toy OS " + words.getFirst()).start(() -> {
            try {
                status.complete(ToyOs.run(kind, platform, BootOptions.parse(words)));
            } catch (IOException | RuntimeException failed) {
                status.completeExceptionally(failed);
            }
        });
    }

    /** @param words boot options and command lines */
    static ToyOsGuest start(NetDevice card, String... words) throws IOException {
        return new ToyOsGuest(card, new ArrayList<>(Arrays.asList(words)));
    }

    /** On a machine of any kind. */
    static ToyOsGuest start(MachineKind kind, NetBackend network, String mac, String... words) throws IOException {
        return new ToyOsGuest(kind, network, mac, List.of(words));
    }

    private synchronized void print(byte[] text) {
        printed.writeBytes(text);
        notifyAll();
    }

    synchronized List<String> lines() {
        return printed.toString(StandardCharsets.UTF_8).lines().toList();
    }

    private synchronized boolean said(String text) {
        return printed.toString(StandardCharsets.UTF_8).contains(text);
    }

    /** Waits until the guest has said something. */
    synchronized void awaitText(String text) throws InterruptedException {
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(PATIENCE_SECONDS);
        while (!said(text)) {
            long left = TimeUnit.NANOSECONDS.toMillis(deadline - System.nanoTime());
            if (left <= 0 || status.isDone()) {
                throw new AssertionError("the guest never said \"" + text + "\": " + lines());
            }
            wait(Math.min(left, 100));
        }
    }

    /** Waits for the end of the script; returns its exit status. */
    int await() throws InterruptedException {
        try {
            return status.get(PATIENCE_SECONDS, TimeUnit.SECONDS);
        } catch (ExecutionException failed) {
            throw new AssertionError("the guest failed: " + lines(), failed.getCause());
        } catch (TimeoutException late) {
            throw new AssertionError("the guest does not end: " + lines(), late);
        }
    }

    /** The checksum that a guest has reported of a file. */
    String sha256(String path) {
        String start = "{\"event\":\"file\",\"path\":\"" + path + "\",";
        return lines().stream()
                .filter(line -> line.contains(start))
                .map(line -> line.substring(line.indexOf("\"sha256\":") + 10, line.lastIndexOf("\"}")))
                .reduce((first, second) -> second)
                .orElseThrow(() -> new AssertionError("no checksum of " + path + " in " + lines()));
    }

    @Override
    public void close() {
        end.run();
    }
}
