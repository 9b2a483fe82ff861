// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.backend.net.wire;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.paravirt.backend.net.NetBackend;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

@Timeout(60)
class WireTest {
    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
        none                                 | no network
        tap=tap0                             | TAP device tap0
        udp=127.0.0.1:7000                   | UDP datagrams to 127.0.0.1:7000
        udp=[::1]:7000                       | UDP datagrams to 0:0:0:0:0:0:0:1:7000
        udp=127.0.0.1:7000,local=7001        | UDP datagrams to 127.0.0.1:7000
        udp=127.0.0.1:7000,local=0.0.0.0:0   | UDP datagrams to 127.0.0.1:7000
        tcp=localhost:9                      | TCP stream to 127.0.0.1:9
        unix=/run/passt.socket               | unix stream to /run/passt.socket
        listen=udp:7000                      | UDP datagrams at 127.0.0.1:7000
        listen=tcp:0.0.0.0:7000              | TCP stream at 0.0.0.0:7000
        listen=unix:/tmp/a:b                 | unix stream at /tmp/a:b
        user                                 | this host's network
        user,tcp=8080:80                     | this host's network, tcp 127.0.0.1/8080:80
        user,udp=0.0.0.0/53:53,tcp=1:2,tcp=3 | this host's network, tcp 127.0.0.1/1:2, tcp 127.0.0.1/3:3, udp 0.0.0.0/53:53
        user,tcp=::1/8080:80                 | this host's network, tcp ::1/8080:80
        tap=tap0,loss=1%                     | TAP device tap0, shaped
        none,capture=a.pcapng,rate=1M        | no network, shaped, captured in a.pcapng
        'tap=tap0, capture=a'                | TAP device tap0, captured in a
        """)
    void understands(String text, String description) {
        Wire wire = Wire.parse(text);
        assertThat(wire.description()).isEqualTo(description);
        assertThat(wire).hasToString(text);
        assertThat(wire.isNone()).isEqualTo(text.startsWith("none"));
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
        ''                            | is missing
        ' '                           | is missing
        tap=tap0,                     | an empty option
        slirp                         | a network is none, user, tap=, udp=, tcp=, unix= or listen=, not slirp
        NONE                          | not NONE
        none=1                        | none takes no value
        user=1                        | user takes no value
        tap                           | tap needs a value, as in tap=...
        tap=                          | tap needs a value
        tap=a/b                       | name of a network interface
        tap=tap%d                     | name of a network interface
        tap=0123456789abcdef          | name of a network interface
        udp=7000                      | udp is HOST:PORT, such as 127.0.0.1:7000, not 7000
        udp=127.0.0.1:0               | udp needs a port from 1 on
        udp=127.0.0.1:65536           | a port is a number up to 65535, not 65536
        udp=127.0.0.1:http            | a port is a number up to 65535, not http
        udp=::1:7000                  | in brackets
        tcp=no.such.host.invalid:1    | there is no host called no.such.host.invalid
        tcp=127.0.0.1:1,local=3       | of no use here: local
        tcp=127.0.0.1:1,udp=1.2.3.4:5 | of no use here: udp
        unix=                         | unix needs a value
        listen=unix:                  | path of the socket is missing
        listen=7000                   | listen is udp:[HOST:]PORT, tcp:[HOST:]PORT or unix:PATH, not 7000
        listen=tcp:                   | a port is a number
        user,tcp=80:                  | tcp forwards [ADDRESS/]HOSTPORT:GUESTPORT
        user,udp=a                    | such as udp=8080:80, not a
        user,tcp=0:80                 | a port is 1 to 65535
        user,tcp=localhost/80:80      | an address of this host is a number
        user,tcp=1.2.3.4.5/80:80      | is no IP address
        user,tcp=-P/80:80             | an address of this host is a number
        none,loss=2                   | a probability is 0 to 1
        none,loss=2x                  | loss is a probability such as 0.01 or 1%, not 2x
        none,loss=1%,loss=2%          | given twice, or of no use here: loss
        none,delay=50                 | delay is a time such as 50ms, 500us or 1s, not 50
        none,delay=99999s             | up to a minute
        none,rate=10X                 | rate is bits a second such as 500k, 10M or 1G, not 10X
        none,rate=10                  | 1000 bits a second or more
        none,limit=many               | limit is a whole number
        none,limit=99999999999        | the limit is 1 to 65536
        none,colour=red               | not understood, given twice, or of no use here: colour
        """)
    void explainsWhatItDoesNotUnderstand(String text, String message) {
        assertThatThrownBy(() -> Wire.parse(text))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining(message);
    }

    @Test
    void readsTheNumbersOfAShape() {
        WireText options = WireText.split(
                "loss=1.5%,duplicate=0.25,reorder=100%,delay=1.5s,jitter=250us,rate=2.5m,limit=7,seed=9");
        Shape shape = ShapeText.shape(options);
        assertThat(shape).isNotNull();
        assertThat(shape.loss()).isEqualTo(0.015);
        assertThat(shape.duplication()).isEqualTo(0.25);
        assertThat(shape.reordering()).isEqualTo(1);
        assertThat(shape.delayNanos()).isEqualTo(Duration.ofMillis(1500).toNanos());
        assertThat(shape.jitterNanos()).isEqualTo(250_000);
        assertThat(shape.bitsPerSecond()).isEqualTo(2_500_000);
        assertThat(shape.limit()).isEqualTo(7);
        assertThat(shape.seed()).isEqualTo(9);
        assertThat(ShapeText.shape(options)).isNull();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"none", "udp=127.0.0.1:7000", "listen=udp:0", "listen=tcp:0", "tcp=127.0.0.1:1", "unix=nowhere"})
    void opensAndCloses(String text) throws Exception {
        try (NetBackend backend = Wire.parse(text + ",delay=1ms").open()) {
            assertThat(backend).isInstanceOf(ShapedBackend.class);
            backend.attach(new WirePort());
        }
    }

    @Test
    void capturesWhatTheDeviceSendsBeforeItIsShaped(@TempDir Path folder) throws Exception {
        Path file = folder.resolve("a.pcapng");
        WirePort port = new WirePort();
        try (NetBackend backend = Wire.parse("none,loss=1,capture=" + file).open()) {
            backend.attach(port);
            port.send(backend, WirePort.frame(600, 1));
        }
        assertThat(Files.size(file)).isGreaterThan(600);
        port.assertAllReleased();
    }

    @Test
    void theHelpFitsATerminalAndIsTrue() {
        assertThat(Wire.SYNTAX.lines())
                .allSatisfy(line -> assertThat(line.length()).isLessThanOrEqualTo(80));
        Wire.parse("user,tcp=8080:80,udp=5353:53,capture=FILE");
        Wire.parse("none,loss=1%,duplicate=1%,reorder=1%,delay=50ms,jitter=5ms,rate=10M,limit=1000,seed=2");
    }
}
