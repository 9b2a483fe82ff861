// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.linux;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Terminals, by means of a pseudo-terminal. */
@Timeout(60)
class TerminalTest {
    @SuppressWarnings("NullAway.Init")
    private PseudoTerminal pty;

    @SuppressWarnings("NullAway.Init")
    private ByteStream ours;

    @SuppressWarnings("NullAway.Init")
    private ByteStream theirs;

    private final byte[] bytes = new byte[256];

    @BeforeEach
    void open() throws LinuxException {
        pty = PseudoTerminal.open();
        ours = new ByteStream(pty.master());
        theirs = new ByteStream(pty.slave());
    }

    @AfterEach
    void close() {
        pty.close();
    }

    private static byte[] everyValue() {
        byte[] all = new byte[256];
        for (int value = 0; value < all.length; value++) {
            all[value] = (byte) value;
        }
        return all;
    }

    private static void await(FileDescriptor descriptor) throws LinuxException {
        assertThat(Poll.awaitOne(descriptor, Constants.POLLIN, -1)).isTrue();
    }

    private int read(ByteStream from, FileDescriptor descriptor) throws LinuxException {
        int done = 0;
        while (done < bytes.length) {
            await(descriptor);
            done += from.read(bytes, done, bytes.length - done);
        }
        return done;
    }

    @Test
    void bytesOfEveryValuePassBothWays() throws LinuxException {
        assertThat(ours.read(bytes, 0, 1)).isZero();
        assertThat(ours.write(everyValue(), 0, 256)).isEqualTo(256);
        assertThat(read(theirs, pty.slave())).isEqualTo(256);
        assertThat(bytes).isEqualTo(everyValue());
        assertThat(theirs.write(everyValue(), 0, 256)).isEqualTo(256);
        assertThat(read(ours, pty.master())).isEqualTo(256);
        assertThat(bytes).isEqualTo(everyValue());
    }

    @Test
    void whatNobodyHasReadIsCounted() throws LinuxException {
        assertThat(pty.unread()).isZero();
        assertThat(ours.write(everyValue(), 0, 100)).isEqualTo(100);
        await(pty.slave());
        assertThat(pty.unread()).isEqualTo(100);
        assertThat(theirs.read(bytes, 0, 60)).isEqualTo(60);
        assertThat(pty.unread()).isEqualTo(40);
    }

    @Test
    void sizesAreSetAndRead() throws LinuxException {
        Terminal terminal = Terminal.of(pty.slave());
        Terminal.of(pty.master()).resize(new WindowSize(65535, 1));
        assertThat(terminal.size()).isEqualTo(new WindowSize(65535, 1));
        assertThatIllegalArgumentException().isThrownBy(() -> new WindowSize(65536, 1));
        assertThatIllegalArgumentException().isThrownBy(() -> new WindowSize(1, -1));
    }

    @Test
    void restoringTwiceOrWithoutNeedDoesNothing() throws LinuxException {
        Terminal terminal = Terminal.of(pty.slave());
        terminal.restore();
        terminal.makeRaw(false);
        terminal.restore();
        terminal.restore();
        assertThat(ours.write(everyValue(), 0, 256)).isEqualTo(256);
        assertThat(read(theirs, pty.slave())).isEqualTo(256);
    }

    @Test
    void whatIsNoTerminalSaysSo() throws LinuxException {
        try (Eventfd none = Eventfd.create()) {
            assertThat(Terminal.isTerminal(none.descriptor())).isFalse();
            assertThatThrownBy(() -> Terminal.of(none.descriptor()))
                    .isInstanceOfSatisfying(
                            LinuxException.class,
                            failure -> assertThat(failure.errno()).isEqualTo(Errno.ENOTTY));
        }
        assertThat(Terminal.isTerminal(pty.slave())).isTrue();
    }

    @Test
    void aClosedPipeIsTheEnd() throws LinuxException {
        SignalPipe pipe = SignalPipe.create();
        FileDescriptor end = pipe.readEnd().duplicate();
        pipe.signal();
        pipe.close();
        ByteStream stream = new ByteStream(end);
        assertThat(stream.read(bytes, 0, bytes.length)).isEqualTo(8);
        assertThat(stream.read(bytes, 0, bytes.length)).isEqualTo(ByteStream.END);
        end.close();
    }

    @Test
    void aSignalIsHeardUntilNobodyListens() throws Exception {
        Semaphore heard = new Semaphore(0);
        AutoCloseable listening = Signals.on("WINCH", heard::release);
        assertThat(listening).isNotNull();
        String self = Long.toString(ProcessHandle.current().pid());
        assertThat(new ProcessBuilder("kill", "-WINCH", self).start().waitFor()).isZero();
        assertThat(heard.tryAcquire(30, TimeUnit.SECONDS)).isTrue();
        listening.close();
        assertThat(Signals.on("SEGV", heard::release)).isNull();
        assertThat(Signals.on("NOSUCH", heard::release)).isNull();
    }
}
