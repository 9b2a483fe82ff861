// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.backend.legacy;

import static dev.paravirt.spec.legacy.Uart.*;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.stream.IntStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The UART's registers against the data sheet: PC16550D, section by section. */
class SerialPortTest {
    private final Pin pin = new Pin();
    private final ManualEnd end = new ManualEnd();
    private final SerialPort port = new SerialPort("serial", end, pin);

    private int in(int register) {
        return port.read(register, 1);
    }

    private void out(int register, int value) {
        port.write(register, 1, value);
    }

    @BeforeEach
    void eightBitsAndInterruptsLetThrough() {
        out(LCR, LCR_8N1);
        out(MCR, MCR_OUT2);
        in(MSR);
    }

    private void enableFifos(int trigger) {
        out(FCR, FCR_ENABLE | trigger << FCR_TRIGGER_SHIFT);
    }

    private void receive(int... characters) {
        for (int character : characters) {
            port.receive(character, 0);
        }
    }

    @Test
    void masterReset() {
        SerialPort fresh = new SerialPort("fresh", end, pin);
        int[] values = IntStream.range(1, REGISTERS)
                .map(register -> fresh.read(register, 1))
                .toArray();
        // Table "UART Reset Configuration"; MSR shows the lines, and what of them changed.
        assertThat(values).containsExactly(0, IIR_NONE, 0, 0, LSR_THRE | LSR_TEMT, MSR_CTS | MSR_DSR | MSR_DCD, 0);
    }

    @ParameterizedTest
    @CsvSource({
        // register, written, read back
        "1, 0xff, 0x0f",
        "3, 0x7f, 0x7f",
        "4, 0xff, 0x1f",
        "7, 0xa5, 0xa5",
        "5, 0xff, 0x60",
        "6, 0xff, 0xb0",
    })
    void registersHoldTheBitsThatTheyHave(int register, int written, int read) {
        out(register, written);
        assertThat(in(register)).isEqualTo(read);
    }

    @Test
    void divisorLatchHidesDataAndInterruptEnable() {
        out(IER, IER_ERBFI);
        out(LCR, LCR_DLAB | LCR_8N1);
        out(DLL, 0x34);
        out(DLM, 0x12);
        assertThat(in(DLL)).isEqualTo(0x34);
        assertThat(in(DLM)).isEqualTo(0x12);
        out(LCR, LCR_8N1);
        assertThat(in(IER)).isEqualTo(IER_ERBFI);
        assertThat(end.taken).isEmpty();
    }

    @ParameterizedTest
    @CsvSource({"0, 0x1f", "1, 0x3f", "2, 0x7f", "3, 0xff"})
    void wordLengthCutsCharacters(int lcr, int mask) {
        out(LCR, lcr);
        out(THR, 0xff);
        receive(0xff);
        assertThat(end.taken).containsExactly(mask);
        assertThat(in(RBR)).isEqualTo(mask);
    }

    @Test
    void sixteenFiftyWithoutFifosOverwrites() {
        receive('a', 'b');
        assertThat(in(IIR)).isEqualTo(IIR_NONE);
        assertThat(in(LSR)).isEqualTo(LSR_DR | LSR_OE | LSR_THRE | LSR_TEMT);
        assertThat(in(LSR)).as("OE is cleared by reading").isEqualTo(LSR_DR | LSR_THRE | LSR_TEMT);
        assertThat(in(RBR)).isEqualTo('b');
        assertThat(in(LSR) & LSR_DR).isZero();
    }

    @Test
    void aFullFifoKeepsWhatItHas() {
        enableFifos(0);
        for (int i = 0; i <= FIFO_SIZE; i++) {
            receive(i);
        }
        assertThat(in(LSR) & LSR_OE).isNotZero();
        for (int i = 0; i < FIFO_SIZE; i++) {
            assertThat(in(RBR)).isEqualTo(i);
        }
        assertThat(in(LSR) & LSR_DR).isZero();
    }

    @ParameterizedTest
    @CsvSource({"0, 1", "1, 4", "2, 8", "3, 14"})
    void triggerLevelsAndTimeout(int trigger, int level) {
        enableFifos(trigger);
        out(IER, IER_ERBFI);
        for (int count = 1; count <= FIFO_SIZE; count++) {
            receive(count);
            // "Received data available" from the trigger level on, before that the character timeout.
            assertThat(in(IIR)).isEqualTo(IIR_FIFOS | (count < level ? IIR_TIMEOUT : IIR_RECEIVED_DATA));
            assertThat(pin.asserted).isTrue();
        }
        for (int count = FIFO_SIZE; count > 0; count--) {
            assertThat(in(IIR)).isEqualTo(IIR_FIFOS | (count < level ? IIR_TIMEOUT : IIR_RECEIVED_DATA));
            in(RBR);
        }
        assertThat(in(IIR)).isEqualTo(IIR_FIFOS | IIR_NONE);
        assertThat(pin.asserted).isFalse();
    }

    @ParameterizedTest
    @ValueSource(ints = {LSR_PE, LSR_FE, LSR_BI, LSR_BI | LSR_FE})
    void errorsBelongToTheirCharacter(int error) {
        enableFifos(0);
        receive('a');
        port.receive(0, error);
        receive('b');
        assertThat(in(LSR)).isEqualTo(LSR_DR | LSR_THRE | LSR_TEMT | LSR_FIFO_ERROR);
        assertThat(in(RBR)).isEqualTo('a');
        assertThat(in(LSR)).isEqualTo(LSR_DR | LSR_THRE | LSR_TEMT | LSR_FIFO_ERROR | error);
        assertThat(in(LSR)).as("cleared by reading").isEqualTo(LSR_DR | LSR_THRE | LSR_TEMT);
        assertThat(in(RBR)).isZero();
        assertThat(in(RBR)).isEqualTo('b');
    }

    @Test
    void interruptPriorities() {
        enableFifos(0);
        out(IER, IER_ALL);
        in(IIR);
        port.setModemInputs(MSR_CTS);
        out(THR, 'x');
        receive('a');
        port.receive(0, LSR_BI);
        in(RBR); // now the break is on top
        assertThat(in(IIR)).isEqualTo(IIR_FIFOS | IIR_LINE_STATUS);
        in(LSR);
        assertThat(in(IIR)).isEqualTo(IIR_FIFOS | IIR_RECEIVED_DATA);
        in(RBR);
        assertThat(in(IIR)).isEqualTo(IIR_FIFOS | IIR_THR_EMPTY);
        assertThat(in(IIR)).as("reading IIR cleared it").isEqualTo(IIR_FIFOS | IIR_MODEM_STATUS);
        assertThat(in(IIR)).as("and did not clear this").isEqualTo(IIR_FIFOS | IIR_MODEM_STATUS);
        assertThat(pin.asserted).isTrue();
        in(MSR);
        assertThat(in(IIR)).isEqualTo(IIR_FIFOS | IIR_NONE);
        assertThat(pin.asserted).isFalse();
    }

    @Test
    void identificationLeavesAnInterruptThatItDoesNotShow() {
        out(IER, IER_ETBEI | IER_ERBFI);
        receive('a');
        assertThat(in(IIR)).isEqualTo(IIR_RECEIVED_DATA);
        in(RBR);
        assertThat(in(IIR)).isEqualTo(IIR_THR_EMPTY);
        assertThat(in(IIR)).isEqualTo(IIR_NONE);
        out(IER, 0);
        out(IER, IER_ETBEI);
        assertThat(in(IIR)).as("enabling it gives it again").isEqualTo(IIR_THR_EMPTY);
    }

    @Test
    void aTransmitterThatCannotSendHoldsSixteen() {
        enableFifos(0);
        out(IER, IER_ETBEI);
        in(IIR);
        end.allowance = 3;
        for (int i = 0; i < 40; i++) {
            out(THR, i);
        }
        assertThat(in(LSR) & (LSR_THRE | LSR_TEMT)).isZero();
        assertThat(in(IIR)).isEqualTo(IIR_FIFOS | IIR_NONE);
        end.allowance = 100;
        port.outputWanted();
        assertThat(in(IIR)).isEqualTo(IIR_FIFOS | IIR_THR_EMPTY);
        assertThat(in(LSR) & (LSR_THRE | LSR_TEMT)).isEqualTo(LSR_THRE | LSR_TEMT);
        assertThat(end.taken)
                .containsExactlyElementsOf(IntStream.range(0, 19).boxed().toList());
    }

    @Test
    void resettingFifosDropsWhatIsInThem() {
        enableFifos(0);
        end.allowance = 0;
        out(THR, 'x');
        receive('a');
        out(FCR, FCR_ENABLE | FCR_RESET_TRANSMITTER);
        assertThat(in(LSR)).isEqualTo(LSR_DR | LSR_THRE | LSR_TEMT);
        out(FCR, FCR_ENABLE | FCR_RESET_RECEIVER);
        assertThat(in(LSR)).isEqualTo(LSR_THRE | LSR_TEMT);
        receive('b');
        out(FCR, FCR_RESET_RECEIVER); // without bit 0 the others are not written; changing it empties both
        assertThat(in(LSR)).isEqualTo(LSR_THRE | LSR_TEMT);
        assertThat(in(IIR)).isEqualTo(IIR_NONE);
        assertThat(end.taken).isEmpty();
    }

    @ParameterizedTest
    @CsvSource({"0x01, 0x20", "0x02, 0x10", "0x04, 0x40", "0x08, 0x80"})
    void loopbackConnectsTheModemLines(int output, int input) {
        port.setModemInputs(0);
        out(MCR, MCR_LOOP);
        in(MSR);
        out(MCR, MCR_LOOP | output);
        assertThat(in(MSR) & ~MSR_DELTAS).isEqualTo(input);
        out(MCR, MCR_LOOP);
        assertThat(in(MSR)).as("the line went off").isEqualTo(input >> 4);
        assertThat(in(MSR)).isZero();
    }

    @Test
    void loopbackConnectsTheDataAndCutsTheLine() {
        enableFifos(0);
        out(MCR, MCR_LOOP | MCR_OUT2);
        out(IER, IER_ERBFI);
        out(THR, 0xae);
        assertThat(in(LSR)).isEqualTo(LSR_DR | LSR_THRE | LSR_TEMT);
        assertThat(in(IIR)).isEqualTo(IIR_FIFOS | IIR_RECEIVED_DATA);
        assertThat(pin.asserted).as("OUT2 is inactive at the pin").isFalse();
        assertThat(in(RBR)).isEqualTo(0xae);
        receive('x');
        assertThat(port.input(new byte[] {1, 2, 3}, 0, 3)).isZero();
        assertThat(in(LSR) & LSR_DR).isZero();
        assertThat(end.taken).isEmpty();
        out(MCR, MCR_OUT2);
        assertThat(end.wanted).as("input that was refused is wanted now").isEqualTo(1);
    }

    @ParameterizedTest
    @CsvSource({"0x10, 0x01", "0x20, 0x02", "0x80, 0x08"})
    void deltasTellOfBothDirections(int line, int delta) {
        port.setModemInputs(0);
        in(MSR);
        port.setModemInputs(line);
        assertThat(in(MSR)).isEqualTo(line | delta);
        port.setModemInputs(0);
        assertThat(in(MSR)).isEqualTo(delta);
    }

    @Test
    void carrierIsWhetherSomebodyIsThere() {
        in(MSR);
        port.hostOpen(false);
        assertThat(in(MSR)).isEqualTo(MSR_CTS | MSR_DSR | MSR_DCD >> 4);
        out(THR, 'x');
        assertThat(end.taken).as("taken in either case").containsExactly((int) 'x');
        port.hostOpen(true);
        assertThat(in(MSR)).isEqualTo(MSR_CTS | MSR_DSR | MSR_DCD | MSR_DCD >> 4);
    }

    @Test
    void ringingTellsOfItsEndAlone() {
        port.setModemInputs(0);
        in(MSR);
        port.setModemInputs(MSR_RI);
        assertThat(in(MSR)).isEqualTo(MSR_RI);
        port.setModemInputs(0);
        assertThat(in(MSR)).isEqualTo(MSR_TERI);
    }

    @Test
    void out2LetsInterruptsThrough() {
        out(MCR, 0);
        out(IER, IER_ERBFI);
        receive('a');
        assertThat(pin.asserted).isFalse();
        out(MCR, MCR_OUT2);
        assertThat(pin.asserted).isTrue();
    }

    @Test
    void inputWaitsForRoom() {
        enableFifos(3);
        byte[] input = new byte[20];
        assertThat(port.input(input, 0, 20)).isEqualTo(FIFO_SIZE);
        assertThat(end.wanted).isZero();
        in(RBR);
        assertThat(end.wanted).isEqualTo(1);
        assertThat(port.input(input, 16, 4)).isEqualTo(1);
        assertThat(in(LSR) & LSR_OE).isZero();
    }

    @Test
    void wideAccessesAreSeveral() {
        out(SCR, 0x77);
        assertThat(port.read(MSR, 2)).isEqualTo(0x77b0);
        assertThat(port.read(SCR, 4)).isEqualTo(0xffff_ff77);
        port.write(IER, 4, 0x0b_83_00_05);
        assertThat(in(LCR)).isEqualTo(0x83);
        assertThat(in(MCR)).isEqualTo(0x0b);
    }

    @Test
    void closesItsEnd() {
        port.close();
        assertThat(end.closed).isTrue();
    }
}
