// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.cli.toyos;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.paravirt.backend.blk.BlockImage;
import dev.paravirt.backend.blk.ImageLockedException;
import dev.paravirt.backend.net.wire.Wire;
import dev.paravirt.cli.Paravirt;
import dev.paravirt.cli.demo.JavaCommand;
import dev.paravirt.toyos.boot.MachineKind;
import dev.paravirt.toyos.boot.NetworkOption;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintStream;
import java.io.RandomAccessFile;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** The toy OS from power on to power off, with its terminal at the end of a virtio console or a serial port. */
class ToyOsMachineTest {
    @TempDir
    private Path folder;

    private final ByteArrayOutputStream errors = new ByteArrayOutputStream();

    private int run(MachineKind machine, @Nullable Path disk, String console, String... commands) throws Exception {
        ToyOsSettings settings = new ToyOsSettings(
                machine,
                disk,
                false,
                32L << 20,
                1L << 20,
                Wire.parse("none"),
                NetworkOption.parse("none"),
                console,
                List.of(commands));
        return new ToyOsMachine(settings, new PrintStream(errors, true, StandardCharsets.UTF_8)).run();
    }

    @ParameterizedTest
    @EnumSource
    void somebodyTypesAtASocket(MachineKind machine) throws Exception {
        Path socket = folder.resolve("console");
        CompletableFuture<Integer> end = CompletableFuture.supplyAsync(() -> {
            try {
                return run(machine, null, "unix=" + socket);
            } catch (Exception failure) {
                throw new IllegalStateException(failure);
            }
        });
        while (!errors.toString(StandardCharsets.UTF_8).contains("the console is on the socket")) {
            assertThat(end).isNotDone();
            Thread.onSpinWait();
        }
        try (Person person = Person.at(socket)) {
            person.expect("help lists the commands").expect("/ $ ");
            person.type("cat READ\t\r").expect("This is the toy OS").expect("/ $ ");
            person.type("echo go; sleep 100000000\r").expect("\ngo\r\n");
            person.type("\003").expect("^C").expect("/ $ ");
            person.type("echo $? | cat > /tmp/a; cat /tmp/a\r").expect("\r\n130\r\n");
            person.type("dd if=/dev/zero of=/dev/scratch bs=64k\r").expect("16 blocks, 1.0 MiB in");
            person.type("iostat\r")
                    .expect("disk scratch")
                    .expect(machine == MachineKind.TRAPPED ? "serial port" : "console");
            person.type("poweroff 5\r");
            assertThat(end.get(1, TimeUnit.MINUTES)).isEqualTo(5);
        }
        assertThat(socket).doesNotExist();
    }

    /** At a terminal: types, and waits to see something. */
    private record Person(SocketChannel channel, StringBuilder seen) implements AutoCloseable {
        static Person at(Path socket) throws IOException {
            SocketChannel channel = SocketChannel.open(UnixDomainSocketAddress.of(socket));
            return new Person(channel, new StringBuilder());
        }

        Person type(String keys) throws IOException {
            channel.write(ByteBuffer.wrap(keys.getBytes(StandardCharsets.UTF_8)));
            return this;
        }

        Person expect(String text) throws IOException {
            ByteBuffer more = ByteBuffer.allocate(4096);
            int at = seen.indexOf(text);
            while (at < 0) {
                assertThat(channel.read(more.clear()))
                        .as("seen so far: %s", seen)
                        .isPositive();
                seen.append(StandardCharsets.UTF_8.decode(more.flip()));
                at = seen.indexOf(text);
            }
            seen.delete(0, at + text.length());
            return this;
        }

        @Override
        public void close() throws IOException {
            channel.close();
        }
    }

    @ParameterizedTest
    @EnumSource
    void commandsRunAndFilesStay(MachineKind machine) throws Exception {
        Path image = folder.resolve("disk.img");
        try (RandomAccessFile file = new RandomAccessFile(image.toFile(), "rw")) {
            file.setLength(64L << 20);
        }
        try (BlockImage opened = BlockImage.open(image, false)) {
            FreshDisk.format(opened);
            assertThatThrownBy(() -> run(machine, image, "file=" + folder.resolve("refused")))
                    .isInstanceOf(ImageLockedException.class);
        }
        Path shown = folder.resolve("shown");
        assertThat(run(machine, image, "file=" + shown, "cd /tmp; echo kept > a", "cat /tmp/missing"))
                .isEqualTo(1);
        assertThat(run(machine, image, "file=" + shown, "cat /tmp/a")).isZero();
        assertThat(shown).content().isEqualTo("cat: no such file: /tmp/missing\r\nkept\r\n");
    }

    @ParameterizedTest
    @EnumSource
    void aDiskWithoutAVolumeIsSaidToBeThat(MachineKind machine) throws Exception {
        Path image = folder.resolve("empty.img");
        try (RandomAccessFile file = new RandomAccessFile(image.toFile(), "rw")) {
            file.setLength(64L << 20);
        }
        assertThat(run(machine, image, "file=" + folder.resolve("shown"), "ls")).isEqualTo(70);
        assertThat(errors.toString(StandardCharsets.UTF_8)).contains("kernel: panic: ");
    }

    @Test
    void aScriptComesThroughAPipe() throws Exception {
        List<String> command = JavaCommand.of("dev.paravirt.cli", Paravirt.class.getName(), "toy-os", "--net", "none");
        Process process = new ProcessBuilder(command).start();
        try {
            try (OutputStream input = process.getOutputStream()) {
                input.write("echo a > f; cat f f\ncat > g\nthis is for cat\n".getBytes(StandardCharsets.UTF_8));
            }
            String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
            assertThat(process.waitFor()).isZero();
            assertThat(output).isEqualTo("a\na\n");
        } finally {
            process.destroyForcibly();
        }
    }
}
