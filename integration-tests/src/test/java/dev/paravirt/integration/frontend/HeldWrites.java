// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.integration.frontend;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import com.sun.jdi.Bootstrap;
import com.sun.jdi.VirtualMachine;
import com.sun.jdi.connect.AttachingConnector;
import com.sun.jdi.connect.Connector;
import com.sun.jdi.connect.IllegalConnectorArgumentsException;
import com.sun.jdi.event.EventSet;
import com.sun.jdi.request.BreakpointRequest;
import com.sun.jdi.request.EventRequest;
import java.io.IOException;
import java.util.Map;

/** The debugger of a disk program, which stops each write to the image as it begins, until it leaves. */
final class HeldWrites implements AutoCloseable {
    private static final String IMAGE = "dev.paravirt.backend.blk.RawFileImage";
    private static final long PATIENCE_MILLIS = 20_000;

    private final VirtualMachine program;

    private HeldWrites(VirtualMachine program) {
        this.program = program;
        BreakpointRequest write = program.eventRequestManager()
                .createBreakpointRequest(program.classesByName(IMAGE)
                        .getFirst()
                        .methodsByName("write")
                        .getFirst()
                        .location());
        write.setSuspendPolicy(EventRequest.SUSPEND_EVENT_THREAD);
        write.enable();
    }

    static HeldWrites of(String debuggerPort) throws IOException, IllegalConnectorArgumentsException {
        AttachingConnector connector = Bootstrap.virtualMachineManager().attachingConnectors().stream()
                .filter(candidate -> candidate.transport().name().equals("dt_socket"))
                .findFirst()
                .orElseThrow();
        Map<String, Connector.Argument> arguments = connector.defaultArguments();
        requireNonNull(arguments.get("port")).setValue(debuggerPort);
        return new HeldWrites(connector.attach(arguments));
    }

    /** Waits until so many more are held. */
    void await(int count) throws InterruptedException {
        int held = 0;
        while (held < count) {
            EventSet events = program.eventQueue().remove(PATIENCE_MILLIS);
            assertThat(events).as("a write after %d that are held", held).isNotNull();
            held += events.size();
        }
    }

    /** Lets them go on. */
    @Override
    public void close() {
        program.dispose();
    }
}
