// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.spec.console;

/**
 * A message on a control virtqueue: struct virtio_console_control (VIRTIO 1.4, "Console Device / Multiport Device
 * Operation"). Byte offsets; fields are little-endian.
 */
public final class ConsoleControl {
    /** le32, port number. */
    public static final int ID = 0;

    /** le16, one of the events below. */
    public static final int EVENT = 4;

    /** le16, its meaning depends on the event. */
    public static final int VALUE = 6;

    /** Size of the message; {@link #RESIZE} and {@link #PORT_NAME} carry more behind it. */
    public static final int SIZE = 8;

    /** VIRTIO_CONSOLE_DEVICE_READY, by the driver: ready for control messages. Value 1 success, 0 failure. */
    public static final int DEVICE_READY = 0;

    /** VIRTIO_CONSOLE_DEVICE_ADD, by the device: a new port. */
    public static final int DEVICE_ADD = 1;

    /** VIRTIO_CONSOLE_DEVICE_REMOVE, by the device: a port is gone. */
    public static final int DEVICE_REMOVE = 2;

    /** VIRTIO_CONSOLE_PORT_READY, by the driver: the port can be used. Value 1 success, 0 failure. */
    public static final int PORT_READY = 3;

    /** VIRTIO_CONSOLE_CONSOLE_PORT, by the device: the port is a console. */
    public static final int CONSOLE_PORT = 4;

    /** VIRTIO_CONSOLE_RESIZE, by the device: columns and rows follow. */
    public static final int RESIZE = 5;

    /** VIRTIO_CONSOLE_PORT_OPEN, by either: value 1 open, 0 closed. */
    public static final int PORT_OPEN = 6;

    /** VIRTIO_CONSOLE_PORT_NAME, by the device: the name follows, UTF-8, not terminated. */
    public static final int PORT_NAME = 7;

    /** le16, characters, from the start of the message of {@link #RESIZE}: cols of struct virtio_console_resize. */
    public static final int RESIZE_COLS = SIZE;

    /** le16, characters, from the start of the message of {@link #RESIZE}: rows of struct virtio_console_resize. */
    public static final int RESIZE_ROWS = SIZE + 2;

    /** Size of the whole message of {@link #RESIZE}. */
    public static final int RESIZE_SIZE = SIZE + 4;

    private ConsoleControl() {}

    /**
     * The words for an event in a message to a person.
     *
     * @param event any value, also one that a peer made up
     */
    public static String describeEvent(int event) {
        return switch (event) {
            case DEVICE_READY -> "DEVICE_READY";
            case DEVICE_ADD -> "DEVICE_ADD";
            case DEVICE_REMOVE -> "DEVICE_REMOVE";
            case PORT_READY -> "PORT_READY";
            case CONSOLE_PORT -> "CONSOLE_PORT";
            case RESIZE -> "RESIZE";
            case PORT_OPEN -> "PORT_OPEN";
            case PORT_NAME -> "PORT_NAME";
            default -> "event " + event;
        };
    }
}
