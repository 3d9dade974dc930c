//! Nodes to objects and fields, along the tables of the objects.
//!
//! [`object!`] declares an object with its table, and [`Decode`] reads a field by its type. Everything
//! wrong is reported and left out, and the reading goes on: one wrong topic never hides the next
//! one's problems. Texts with variables are taken as they are; what needs their values is checked by
//! [`super::resolve`].
//!
//! Knows no object and no field by its name; `shapes` reads what fields of the same type have in
//! common. What was meant by a value of the wrong shape is `way_out`'s to say, and there alone other
//! tools' words are known.

mod admits;
mod pairs;
mod readings;
mod shapes;
mod unknown;
mod way_out;

use std::collections::HashMap;
use std::rc::Rc;

use super::fields::{FieldSpec, ObjectSpec, Shape};
use super::yaml::Node;
use crate::diagnostic::{Diagnostics, Span};

pub(super) use shapes::{Place, head};
pub(super) use way_out::{config_way_out, has_reading, way_out};

pub(super) struct Decoder<'d> {
    pub(super) diagnostics: &'d mut Diagnostics,
}

/// A mapping whose keys are all in its table.
pub(super) struct Object<'n> {
    pub(super) spec: &'static ObjectSpec,
    pub(super) span: Span,
    pub(super) fields: HashMap<&'static str, (Span, &'n Rc<Node>)>,
}

/// Fields that belong together: those of an object, or some that several objects share.
pub(super) trait Fields: Sized {
    /// In the order of the documentation.
    const FIELDS: &'static [FieldSpec];

    /// Reads them from an object whose table has them; `None` where a required one is missing.
    fn read(decoder: &mut Decoder<'_>, object: &Object<'_>) -> Option<Self>;
}

pub(super) trait Spec: Fields {
    const SPEC: &'static ObjectSpec;

    /// Reads the object that stands under a key, or alone.
    fn from_node(decoder: &mut Decoder<'_>, key: Option<&str>, node: &Node) -> Option<Self> {
        let object = decoder.object(key, node, Self::SPEC)?;
        Self::read(decoder, &object)
    }
}

pub(super) trait Decode: Sized {
    /// What a field of this type takes, where its table says nothing else.
    const SHAPE: Shape;
    const REQUIRED: bool = false;

    /// Reads a field; `None` where a required one is missing or wrong.
    fn decode(
        decoder: &mut Decoder<'_>,
        object: &Object<'_>,
        field: &'static FieldSpec,
    ) -> Option<Self>;
}

impl<'n> Object<'n> {
    fn empty(spec: &'static ObjectSpec, span: Span) -> Self {
        let fields = HashMap::new();
        Self { spec, span, fields }
    }

    /// The field's place and value, also where that is null.
    pub(super) fn get(&self, name: &'static str) -> Option<(Span, &'n Rc<Node>)> {
        debug_assert!(
            self.spec.fields.iter().any(|field| field.name == name),
            "`{name}` is not in the table of {}",
            self.spec.name
        );
        #[cfg(test)]
        READ.with_borrow_mut(|read| read.insert((self.spec.id, name)));
        self.fields.get(name).copied()
    }

    /// The same for a field to which null is the same as no field at all.
    pub(super) fn stated(&self, name: &'static str) -> Option<(Span, &'n Rc<Node>)> {
        self.get(name).filter(|(_, node)| !node.is_null())
    }
}

#[cfg(test)]
thread_local! {
    /// The objects and fields that were read.
    pub(super) static READ: std::cell::RefCell<std::collections::BTreeSet<(&'static str, &'static str)>> =
        const { std::cell::RefCell::new(std::collections::BTreeSet::new()) };
}

/// Declares fields: a struct, its table, and how it is read.
///
/// ```text
/// object! {
///     /// About the struct.
///     Cluster("a cluster", "cluster") checked by no_servers {
///         ..settings: Settings,
///         /// What the table says of the field.
///         profile: Option<Text>,
///         /// A field that takes less than any text, and is called otherwise in manifests.
///         fail_on as "failOn": Option<Text> = Shape::Word(&["missing", "none"]),
///     }
/// }
/// ```
///
/// A name and an id make it an object of the language; without them it is a group of fields for
/// `..group: Group` in others. A check sees what was read, and reports what is wrong with it.
macro_rules! object {
    (
        $(#[$attribute:meta])*
        $type:ident $(($title:literal, $id:literal))? $(checked by $check:path)? {
            $(
                $(#[doc = $doc:literal])*
                $(..$group:ident)? $($name:ident $(as $key:literal)?)?: $field:ty $(= $shape:expr)?
            ),* $(,)?
        }
    ) => {
        $(#[$attribute])*
        #[derive(Debug)]
        pub(in crate::manifest) struct $type {
            $(pub(in crate::manifest) $($group)? $($name)?: $field,)*
        }

        impl $crate::manifest::decode::Fields for $type {
            const FIELDS: &'static [$crate::manifest::fields::FieldSpec] = {
                use $crate::manifest::fields::{FieldSpec, joined, total};
                const GROUPS: &[&[FieldSpec]] = &[
                    $(object!(@spec $(..$group)? $($name $(as $key)?)? [$($doc)*] $field $(= $shape)?),)*
                ];
                const ALL: [FieldSpec; total(GROUPS)] = joined(GROUPS);
                &ALL
            };

            fn read(
                decoder: &mut $crate::manifest::decode::Decoder<'_>,
                object: &$crate::manifest::decode::Object<'_>,
            ) -> Option<Self> {
                $(
                    let $($group)? $($name)? = object!(
                        @read decoder object
                        $(..$group)? $($name $(as $key)?)? [$($doc)*] $field $(= $shape)?
                    );
                )*
                let value = Self { $($($group)? $($name)?: $($group)? $($name)? ?,)* };
                $($check(&value, decoder, object);)?
                Some(value)
            }
        }

        $(
            impl $crate::manifest::decode::Spec for $type {
                const SPEC: &'static $crate::manifest::fields::ObjectSpec =
                    &$crate::manifest::fields::ObjectSpec {
                        name: $title,
                        id: $id,
                        fields: <Self as $crate::manifest::decode::Fields>::FIELDS,
                    };
            }
        )?
    };
    (@spec ..$group:ident [] $field:ty) => {
        <$field as $crate::manifest::decode::Fields>::FIELDS
    };
    (@spec $name:ident $(as $key:literal)? [$($doc:literal)+] $field:ty $(= $shape:expr)?) => {
        &[$crate::manifest::fields::FieldSpec {
            name: object!(@key $name $($key)?),
            required: <$field as $crate::manifest::decode::Decode>::REQUIRED,
            shape: object!(@shape $field $(= $shape)?),
            // The lines of a doc comment begin with a space.
            doc: concat!($($doc),+).trim_ascii_start(),
        }]
    };
    (@key $name:ident) => { stringify!($name) };
    (@key $name:ident $key:literal) => { $key };
    (@shape $field:ty) => { <$field as $crate::manifest::decode::Decode>::SHAPE };
    (@shape $field:ty = $shape:expr) => { $shape };
    (@read $decoder:ident $object:ident ..$group:ident [] $field:ty) => {
        <$field as $crate::manifest::decode::Fields>::read($decoder, $object)
    };
    (@read $decoder:ident $object:ident $name:ident $(as $key:literal)? [$($doc:literal)+] $field:ty $(= $shape:expr)?) => {{
        const FIELD: &$crate::manifest::fields::FieldSpec =
            &object!(@spec $name $(as $key)? [$($doc)+] $field $(= $shape)?)[0];
        <$field as $crate::manifest::decode::Decode>::decode($decoder, $object, FIELD)
    }};
}
pub(super) use object;
