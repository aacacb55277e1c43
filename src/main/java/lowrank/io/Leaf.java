package lowrank.io;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import lowrank.io.ParquetFooter.Kind;
import org.apache.parquet.column.ColumnDescriptor;
import org.apache.parquet.schema.GroupType;
import org.apache.parquet.schema.LogicalTypeAnnotation;
import org.apache.parquet.schema.LogicalTypeAnnotation.IntLogicalTypeAnnotation;
import org.apache.parquet.schema.MessageType;
import org.apache.parquet.schema.PrimitiveType;
import org.apache.parquet.schema.PrimitiveType.PrimitiveTypeName;
import org.apache.parquet.schema.Type;
import org.apache.parquet.schema.Type.Repetition;

/**
 * Where the values of a top-level column lie.
 *
 * @param column the primitive column that holds them; null for kinds that are not read through one column
 * @param entryLevel the definition level from which an entry of the list exists, be it null; 0 for scalars
 * @param unsigned whether an INT32 holds 0 to 2^32 - 1
 */
record Leaf(Kind kind, ColumnDescriptor column, int entryLevel, boolean unsigned) {
    private static final Leaf OTHER = new Leaf(Kind.OTHER, null, 0, false);

    /** The definition level of a value that is there. */
    int valueLevel() {
        return column.getMaxDefinitionLevel();
    }

    boolean isVector() {
        return column.getMaxRepetitionLevel() == 1;
    }

    /** What a top-level field is; {@link Kind#OTHER} where it is nothing that can be read here. */
    static Leaf of(MessageType schema, Type field) {
        if (field.isPrimitive()) {
            return field.isRepetition(Repetition.REPEATED)
                    ? vectorOnly(vector(schema, List.of(field.getName()), field.asPrimitiveType(), 1))
                    : scalar(schema, List.of(field.getName()), field.asPrimitiveType());
        }
        if (sparkVector(schema, field).isPresent()) {
            return new Leaf(Kind.SPARK_VECTOR, null, 0, false);
        }
        return vectorOnly(list(schema, List.of(), field));
    }

    /** Lists of 32-bit numbers are only read inside Spark's vectors. */
    private static Leaf vectorOnly(Leaf list) {
        return list.kind == Kind.FLOAT_VECTOR || list.kind == Kind.DOUBLE_VECTOR ? list : OTHER;
    }

    /** The parts of a field that has the form of Spark's VectorUDT, whatever the lists inside it are called. */
    static Optional<SparkVectorColumn.Parts> sparkVector(MessageType schema, Type field) {
        if (field.isPrimitive()
                || field.isRepetition(Repetition.REPEATED)
                || !field.asGroupType().getFields().stream()
                        .map(Type::getName)
                        .toList()
                        .equals(List.of("type", "size", "indices", "values"))) {
            return Optional.empty();
        }
        GroupType group = field.asGroupType();
        if (!isScalar(group.getType(0)) || !isScalar(group.getType(1))) {
            return Optional.empty();
        }
        String name = field.getName();
        Leaf type = scalar(schema, List.of(name, "type"), group.getType(0).asPrimitiveType());
        Leaf size = scalar(schema, List.of(name, "size"), group.getType(1).asPrimitiveType());
        Leaf indices = list(schema, List.of(name), group.getType(2));
        Leaf values = list(schema, List.of(name), group.getType(3));
        boolean fits = type.kind == Kind.INT
                && size.kind == Kind.INT
                && indices.kind == Kind.INT
                && values.kind == Kind.DOUBLE_VECTOR;
        return fits ? Optional.of(new SparkVectorColumn.Parts(type, size, indices, values)) : Optional.empty();
    }

    private static boolean isScalar(Type field) {
        return field.isPrimitive() && !field.isRepetition(Repetition.REPEATED);
    }

    private static Leaf list(MessageType schema, List<String> parents, Type field) {
        if (field.isPrimitive()) {
            return OTHER;
        }
        GroupType group = field.asGroupType();
        if (field.isRepetition(Repetition.REPEATED)
                || group.getFieldCount() != 1
                || !LogicalTypeAnnotation.listType().equals(field.getLogicalTypeAnnotation())) {
            return OTHER;
        }
        Type repeated = group.getType(0);
        if (!repeated.isRepetition(Repetition.REPEATED)) {
            return OTHER;
        }
        List<String> path = new ArrayList<>(parents);
        path.add(field.getName());
        path.add(repeated.getName());
        int entryLevel = schema.getMaxDefinitionLevel(path.toArray(String[]::new));
        if (repeated.isPrimitive()) {
            return vector(schema, path, repeated.asPrimitiveType(), entryLevel);
        }
        GroupType entry = repeated.asGroupType();
        // By these two names the format's rules tell lists of structs from lists with a level of their own.
        boolean struct = entry.getName().equals("array") || entry.getName().equals(field.getName() + "_tuple");
        if (entry.getFieldCount() != 1
                || struct
                || !entry.getType(0).isPrimitive()
                || entry.getType(0).isRepetition(Repetition.REPEATED)) {
            return OTHER;
        }
        PrimitiveType element = entry.getType(0).asPrimitiveType();
        path.add(element.getName());
        return vector(schema, path, element, entryLevel);
    }

    private static Leaf vector(MessageType schema, List<String> path, PrimitiveType element, int entryLevel) {
        Kind kind = switch (element.getPrimitiveTypeName()) {
            case FLOAT -> Kind.FLOAT_VECTOR;
            case DOUBLE -> Kind.DOUBLE_VECTOR;
            case INT32 -> scalarKind(element);
            default -> Kind.OTHER;
        };
        return kind == Kind.OTHER
                ? OTHER
                : new Leaf(kind, schema.getColumnDescription(path.toArray(String[]::new)), entryLevel, false);
    }

    private static Leaf scalar(MessageType schema, List<String> path, PrimitiveType field) {
        Kind kind = scalarKind(field);
        boolean unsigned = kind == Kind.LONG && field.getPrimitiveTypeName() == PrimitiveTypeName.INT32;
        return kind == Kind.OTHER
                ? OTHER
                : new Leaf(kind, schema.getColumnDescription(path.toArray(String[]::new)), 0, unsigned);
    }

    private static Kind scalarKind(PrimitiveType field) {
        LogicalTypeAnnotation meaning = field.getLogicalTypeAnnotation();
        switch (field.getPrimitiveTypeName()) {
            case FLOAT:
                return Kind.FLOAT;
            case DOUBLE:
                return Kind.DOUBLE;
            case BOOLEAN:
                return Kind.BOOLEAN;
            case INT32:
                if (meaning instanceof IntLogicalTypeAnnotation integer) {
                    return integer.isSigned() || integer.getBitWidth() < 32 ? Kind.INT : Kind.LONG;
                }
                return meaning == null ? Kind.INT : Kind.OTHER;
            case INT64:
                if (meaning instanceof IntLogicalTypeAnnotation integer) {
                    return integer.isSigned() ? Kind.LONG : Kind.OTHER;
                }
                return meaning == null ? Kind.LONG : Kind.OTHER;
            case BINARY:
                boolean text = LogicalTypeAnnotation.stringType().equals(meaning)
                        || LogicalTypeAnnotation.enumType().equals(meaning)
                        || LogicalTypeAnnotation.jsonType().equals(meaning);
                return text ? Kind.TEXT : Kind.OTHER;
            default:
                return Kind.OTHER;
        }
    }
}
