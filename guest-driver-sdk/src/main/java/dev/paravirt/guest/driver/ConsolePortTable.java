// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.guest.driver;

import dev.paravirt.guest.platform.DeviceException;
import dev.paravirt.guest.platform.Platform;
import dev.paravirt.guest.transport.Transport;
import dev.paravirt.memory.DmaBuffer;
import dev.paravirt.queue.DriverVirtqueue;
import dev.paravirt.queue.VirtqueueFormat;
import dev.paravirt.spec.FeatureBits;
import dev.paravirt.spec.console.ConsoleControl;
import dev.paravirt.spec.console.ConsoleQueues;

/** The ports of a console, as the device announces them on its control queues, and the queues of all of them. */
final class ConsolePortTable {
    private static final int ALIGNMENT = 64;
    private static final int CONTROL_BUFFERS = 16;

    private final Transport transport;
    private final Platform platform;
    private final VirtqueueFormat format;
    private final ConsoleControlQueues control;
    private final ConsolePortState[] ports;
    private boolean tellDeviceReady;
    private long changes;
    private long ignored;

    ConsolePortTable(
            Transport transport,
            Platform platform,
            FeatureBits features,
            MultiportConsoleDriverOptions options,
            int count)
            throws DeviceException {
        this.transport = transport;
        this.platform = platform;
        format = VirtqueueFormat.of(features);
        ports = new ConsolePortState[count];
        control = new ConsoleControlQueues(
                transport,
                platform,
                ring(ConsoleQueues.CONTROL_RECEIVE, CONTROL_BUFFERS),
                ring(ConsoleQueues.CONTROL_TRANSMIT, CONTROL_BUFFERS));
        for (int port = 0; port < count; port++) {
            DriverVirtqueue receive = ring(ConsoleQueues.receive(port), options.buffers());
            DriverVirtqueue transmit = ring(ConsoleQueues.transmit(port), options.buffers());
            ports[port] = new ConsolePortState(new ConsoleStream(
                    transport, platform, receive, transmit, options.buffers(), options.bufferBytes()));
        }
    }

    private DriverVirtqueue ring(int queue, int buffers) throws DeviceException {
        int most = Math.min(transport.queueMaxSize(queue), buffers);
        if (most == 0) {
            throw DeviceInitialization.giveUp(transport, "has no queue " + queue);
        }
        int size = format.packed() ? most : Integer.highestOneBit(most);
        DmaBuffer memory = platform.allocate(DriverVirtqueue.memorySize(size, format, 0), ALIGNMENT);
        return DriverVirtqueue.create(queue, size, format, memory, 0);
    }

    /** Sets all queues up. There are no ports. */
    void setUp(int line) throws DeviceException {
        transport.setUpQueue(control.receive, line);
        transport.setUpQueue(control.transmit, line);
        control.fill();
        for (ConsolePortState port : ports) {
            transport.setUpQueue(port.stream.receive, line);
            transport.setUpQueue(port.stream.transmit, line);
            port.reset();
        }
    }

    /** The device is running: asks for its ports. */
    void begin() {
        changes++;
        tellDeviceReady = true;
        control.begin();
        tell();
    }

    /** Empties all queues, after a reset. Returns whether the device still has room for them. */
    boolean reset() throws DeviceException {
        boolean fits = reset(control.receive) && reset(control.transmit);
        for (int port = 0; port < ports.length && fits; port++) {
            fits = reset(ports[port].stream.receive) && reset(ports[port].stream.transmit);
        }
        return fits;
    }

    private boolean reset(DriverVirtqueue queue) throws DeviceException {
        queue.reset();
        return transport.queueMaxSize(queue.index()) >= queue.size();
    }

    int size() {
        return ports.length;
    }

    long changes() {
        return changes;
    }

    long ignored() {
        return ignored;
    }

    /** Whether there is such a port now; any number. */
    boolean isPresent(int port) {
        return port >= 0 && port < ports.length && ports[port].present;
    }

    ConsolePortState get(int port) {
        return ports[port];
    }

    boolean hasAnyInput() {
        for (ConsolePortState port : ports) {
            if (port.present && port.stream.hasInput()) {
                return true;
            }
        }
        return false;
    }

    /** Hears the device, and tells it what there was no room for before. */
    void poll() {
        // As many as there are buffers: a device that says more and more does not keep us here.
        for (int message = 0; message < CONTROL_BUFFERS && control.next(); message++) {
            hear();
        }
        tell();
    }

    private void hear() {
        int id = control.length() >= ConsoleControl.SIZE ? control.id() : -1;
        boolean known = id >= 0 && id < ports.length;
        if (known && hear(ports[id])) {
            changes++;
        } else {
            ignored++;
            if (!known && id >= 0 && control.event() == ConsoleControl.DEVICE_ADD) {
                // That it is not told if there is no room does no harm: the port is not used.
                control.send(id, ConsoleControl.PORT_READY, 0);
            }
        }
    }

    /** Returns whether the message makes sense. */
    private boolean hear(ConsolePortState port) {
        int event = control.event();
        if (port.present == (event == ConsoleControl.DEVICE_ADD)) {
            return false;
        }
        switch (event) {
            case ConsoleControl.DEVICE_ADD -> port.added();
            case ConsoleControl.DEVICE_REMOVE -> port.removed();
            case ConsoleControl.CONSOLE_PORT -> {
                port.console = true;
                port.open(true);
            }
            case ConsoleControl.PORT_OPEN -> port.hostOpen = control.value() != 0;
            case ConsoleControl.PORT_NAME -> port.name(control.bytes(), control.length());
            case ConsoleControl.RESIZE -> {
                if (control.length() < ConsoleControl.RESIZE_SIZE) {
                    return false;
                }
                port.columns = control.get16(ConsoleControl.RESIZE_COLS);
                port.rows = control.get16(ConsoleControl.RESIZE_ROWS);
            }
            default -> {
                return false;
            }
        }
        return true;
    }

    private void tell() {
        if (tellDeviceReady) {
            tellDeviceReady = !control.send(0, ConsoleControl.DEVICE_READY, 1);
        }
        for (int port = 0; port < ports.length; port++) {
            ports[port].tell(port, control);
        }
    }

    private boolean hasNews() {
        for (ConsolePortState port : ports) {
            if (port.hasNews()) {
                return true;
            }
        }
        return tellDeviceReady;
    }

    /** Asks for interrupts about messages, and about some or all ports. Returns whether waiting for one is safe. */
    boolean arm(int port, boolean aboutInput, boolean aboutOutput) {
        boolean quiet = control.arm(hasNews());
        for (int each = 0; each < ports.length; each++) {
            if (ports[each].present && (each == port || port == MultiportConsoleDriver.ALL)) {
                quiet &= ports[each].stream.arm(aboutInput, aboutOutput);
            }
        }
        return quiet;
    }

    void disarm() {
        control.disarm();
        for (ConsolePortState port : ports) {
            port.stream.disarm();
        }
    }
}
