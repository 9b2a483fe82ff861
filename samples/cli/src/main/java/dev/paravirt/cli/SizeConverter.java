// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.cli;

import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/** Numbers of bytes, which may end in K, M or G. */
final class SizeConverter implements ITypeConverter<Long> {
    @Override
    public Long convert(String text) {
        int shift = text.isEmpty()
                ? 0
                : switch (text.charAt(text.length() - 1)) {
                    case 'k', 'K' -> 10;
                    case 'm', 'M' -> 20;
                    case 'g', 'G' -> 30;
                    default -> 0;
                };
        try {
            long number = Long.parseLong(shift == 0 ? text : text.substring(0, text.length() - 1));
            if (number >= 0 && number <= Long.MAX_VALUE >> shift) {
                return number << shift;
            }
        } catch (NumberFormatException noNumber) {
            throw new TypeConversionException("'" + text + "' is not a size; one is 64M or 2G");
        }
        throw new TypeConversionException("'" + text + "' is not a size; one is 64M or 2G");
    }
}
